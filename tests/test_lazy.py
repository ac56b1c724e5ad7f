"""Names that are imported when they are first asked for."""

import ast
import importlib
import pickle
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chainrule
from chainrule import _lazy, data, experiments, model, network, training


@pytest.mark.parametrize(
    "package", [chainrule, data, experiments, model, network, training], ids=lambda p: p.__name__
)
def test_every_name_of_a_stub_is_there_and_said_to_type_checkers(package):
    stub = ast.parse(Path(f"{package.__file__}i").read_text(encoding="utf-8"))
    names = [one for node in stub.body for one in node.names]
    assert all(one.asname == one.name for one in names)  # else it is private to type checkers
    assert {one.name for one in names} == set(package.__all__) <= set(dir(package))
    assert not any(isinstance(getattr(package, one.name), ModuleType) for one in names)


def test_names_are_the_same_each_time():
    assert chainrule.Network is chainrule.Network
    assert pickle.loads(pickle.dumps(chainrule.evaluate)) is chainrule.evaluate


def test_a_star_import_gives_all_names():
    found = {}
    exec("from chainrule import *", found)
    assert set(chainrule.__all__) <= set(found)


def test_packages_are_attributes():
    assert chainrule.graph.trace is sys.modules["chainrule.graph"].trace
    assert chainrule.data.readers.builtin.KINDS


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


def stub(package, text):
    Path(f"{package.__file__}i").write_text(text)
    _lazy.lazily(package.__name__)


def test_what_is_missing_is_named(package):
    stub(package, "from some_package.needy import Thing as Thing")
    assert "Thing" in dir(package)
    for name in ("Thing", "needy"):
        with pytest.raises(ModuleNotFoundError, match="not_installed"):
            getattr(package, name)
    for name in ("nothing", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"'some_package' has no attribute '{name}'"):
            getattr(package, name)


def test_a_module_does_not_hide_the_name_that_it_is_called_by(package, tmp_path):
    (tmp_path / "some_package" / "act.py").write_text("def act(): return 'done'")
    stub(package, "from some_package.act import act as act")
    importlib.import_module("some_package.act")
    assert package.act() == "done"
    from some_package import act

    assert act is package.act
    assert sys.modules["some_package.act"].act is act
