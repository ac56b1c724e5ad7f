"""Names that are imported when they are first asked for."""

import ast
import importlib
import pickle
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chainrule
from chainrule import _lazy, data, experiments, training


@pytest.mark.parametrize(
    "package", [chainrule, data, experiments, training], ids=lambda package: package.__name__
)
def test_type_checkers_and_the_table_of_places_agree(package):
    """The one is written for mypy and editors, the other for Python."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (choice,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {a.name for node in choice.body for a in node.names}
    (table,) = (node for node in ast.walk(choice) if isinstance(node, ast.Dict))
    named = {name for value in table.values for name in value.value.split()}
    assert typed == named
    assert named | {"__version__"} >= set(package.__all__)
    assert named <= set(dir(package))
    assert not any(isinstance(getattr(package, name), ModuleType) for name in named)


def test_names_are_the_same_each_time():
    assert chainrule.Network is chainrule.Network
    assert pickle.loads(pickle.dumps(chainrule.evaluate)) is chainrule.evaluate


def test_a_star_import_gives_all_names():
    found = {}
    exec("from chainrule import *", found)
    assert set(chainrule.__all__) <= set(found)


def test_packages_are_attributes():
    assert chainrule.graph.trace is sys.modules["chainrule.graph"].trace
    assert chainrule.data.readers.planar.KINDS


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty one, with a module that needs what is not installed."""
    (tmp_path / "some_package").mkdir()
    (tmp_path / "some_package" / "__init__.py").touch()
    (tmp_path / "some_package" / "needy.py").write_text("import not_installed")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("some_package")
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_package"]:
        del sys.modules[name]


def test_what_is_missing_is_named(package):
    _lazy.lazily("some_package", {"needy": "Thing"})
    assert "Thing" in dir(package)
    for name in ("Thing", "needy"):
        with pytest.raises(ModuleNotFoundError, match="not_installed"):
            getattr(package, name)
    for name in ("nothing", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"'some_package' has no attribute '{name}'"):
            getattr(package, name)


def test_a_module_does_not_hide_the_name_that_it_is_called_by(package, tmp_path):
    (tmp_path / "some_package" / "act.py").write_text("def act(): return 'done'")
    _lazy.lazily("some_package", {"act": "act"})
    importlib.import_module("some_package.act")
    assert package.act() == "done"
    from some_package import act

    assert act is package.act
    assert sys.modules["some_package.act"].act is act
