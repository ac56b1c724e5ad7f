"""Imports go down only, in no circle, as docs/architecture.md draws it; nothing heavy comes with
`import chainrule`."""

import ast
import inspect
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import chainrule
from chainrule.cli.app import COMMANDS, app, found_in, summary

ROOT = Path(chainrule.__file__).parent
PAGE = Path(__file__).parents[1] / "docs/architecture.md"
# The house, from the ground up. A part imports from lower floors only, whatever kind the import is:
# at once, in a function, or for type checkers.
GROUND = {
    "_lazy",
    "_version",
    "errors",
    "checks",
    "display",
    "wording",
    "blas",
    "device",
    "interrupt",
}
PACKAGES = (
    "files", "graph", "network", "tracing", "data", "training", "model", "experiments", "influence",
    "show", "estimators", "jobs", "course", "lab", "service", "studio", "cli",
)  # fmt: skip
FLOOR = dict.fromkeys(GROUND, 0) | {name: k for k, name in enumerate(PACKAGES, start=1)}
FACE = {"__init__", "__main__"}  # names everything, and starts the command line
HEAVY = (
    "PIL", "h5py", "matplotlib", "sklearn", "scipy", "rich", "cyclopts", "safetensors", "pandas",
    "torch", "threadpoolctl", "onnx", "onnxruntime", "graphlay", "autograd",
    "array_api_compat", "starlette", "uvicorn", "prometheus_client", "orjson",
)  # fmt: skip


def name_of(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def part_of(module):
    """The file or package directly under chainrule."""
    return [*module.split("."), "__init__"][1]


# What is only imported when it is asked for may import these at once.
AT_ONCE = {
    **{name: {"sklearn", "scipy"} for name in MODULES if part_of(name) == "estimators"},
    **{name: {"matplotlib"} for name in MODULES if name.endswith("plots")},
    **{
        name: {"starlette", "uvicorn", "prometheus_client", "orjson"}
        for name in MODULES
        if part_of(name) in ("service", "studio")
    },
}


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(node, *, inside_functions=True, for_types=False):
    """Every import statement that runs (those for type checkers do not)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif (for_types or not is_for_types(child)) and (
            inside_functions or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
        ):
            yield from statements(child, inside_functions=inside_functions, for_types=for_types)


def imported(module, **options):
    """Names of modules that a module imports; `from package import module` is the module."""
    for node in statements(TREES[module], **options):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            assert node.level == 0, f"a relative import in {module}"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def test_every_part_has_its_floor():
    assert {part_of(module) for module in MODULES} == set(FLOOR) | FACE


def goes_down(module, other):
    mine, theirs = part_of(module), part_of(other)
    together = theirs == mine or {mine, theirs} <= GROUND
    return together or FLOOR.get(theirs, 99) < FLOOR[mine]


def test_imports_go_down():
    up = [
        f"{module} imports {other}"
        for module in MODULES
        if part_of(module) not in FACE
        for other in set(imported(module, for_types=True)) & set(MODULES)
        if not goes_down(module, other)
    ]
    assert not up


def test_no_circle_of_modules():
    # What a package shows to type checkers it imports when it is asked for.
    graph = {
        module: set(imported(module, for_types=path.name == "__init__.py")) & set(MODULES)
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_rooms_are_those_of_the_tree(page):
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    modules = {path.name for path in ROOT.glob("[!_]*.py")}
    rooms = re.findall(r"^\| `([a-z_./]+)` \|", page, re.MULTILINE)
    assert sorted(rooms) == sorted(packages | modules)


def test_the_floors_are_those_that_imports_keep(page):
    picture = page.split("```")[1].strip().splitlines()
    assert [line.split()[0] for line in picture[:-1]] == list(reversed(PACKAGES))
    ground = {name for name in GROUND if not name.startswith("_")}
    assert set(picture[-1].split("  ")[0].split()) == ground


def test_every_place_that_it_names_is_there(page):
    places = set(re.findall(r"`([a-z_]+/[a-z_/.]*|[a-z_]+\.py)`", page))
    assert len(places) > 30
    for place in places:
        inside = any((ROOT / package / place).exists() for package in ("", "data", "graph", "show"))
        assert inside or (PAGE.parents[1] / place).exists(), place


def test_heavy_imports_happen_where_they_are_used():
    eager = [
        f"{module} imports {name} at once"
        for module in MODULES
        if part_of(module) not in {"cli", *FACE}
        for name in imported(module, inside_functions=False)
        if name.split(".")[0] in set(HEAVY) - AT_ONCE.get(module, set())
    ]
    assert not eager


@pytest.mark.parametrize("part", sorted(GROUND | {"files", "network"}))
def test_the_lowest_parts_need_numpy_at_most(part):
    names = {
        name.split(".")[0]
        for module in MODULES
        if part_of(module) == part
        for name in imported(module, inside_functions=False)
    }
    assert names - {"chainrule"} <= {"numpy"} | sys.stdlib_module_names


def loaded(code):
    """Names of all modules that are loaded after `code`, in a process of its own."""
    code = f"import sys\n{code}\nprint('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def loaded_by_command(*words):
    """The same after a command line, whatever it printed."""
    return loaded(
        f"from chainrule.cli import main\ntry: main({list(words)!r})\nexcept SystemExit: pass"
    )


def own(modules):
    return {name for name in modules if name.partition(".")[0] == "chainrule"}


# Packages are empty until something in them is asked for; some modules need no NumPy.
LIGHT = {
    f"chainrule.{name}"
    for name in (
        "data",
        "data.reading",
        "data.readers",
        "data.readers.frames",
        "data.readers.grid",
        "data.readers.sources",
        "experiments",
        "experiments.hyperparameters",
        "training",
    )
}


def parts(modules):
    """The files and packages directly under chainrule of which something was loaded."""
    return {part_of(name) for name in own(modules) - LIGHT}


def packages(modules):
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    "statement", ["import chainrule", "import chainrule.training", "import chainrule.course"]
)
def test_importing_loads_numpy_at_most(statement):
    assert not packages(loaded(statement)) & set(HEAVY)


def test_importing_chainrule_loads_nothing_else():
    found = loaded("import chainrule")
    assert own(found) == {"chainrule", "chainrule._lazy", "chainrule._version"}
    assert "numpy" not in found


def test_what_is_asked_for_loads_what_it_needs():
    found = loaded("import chainrule as cr; cr.open_data; cr.Network; cr.DataError")
    assert parts(found) == {
        "__init__", "_lazy", "_version", "blas", "checks", "data", "device", "display", "errors",
        "files", "interrupt", "network", "wording",
    }  # fmt: skip


# What a command line may load before it is known what to do: no part of the library but these.
PLAIN = {
    "__init__", "_lazy", "_version", "blas", "cli", "display", "errors", "files", "jobs", "wording",
}  # fmt: skip
HELP = {"cyclopts", "rich"}  # of HEAVY
SETTINGS = {"checks", "device", "experiments", "network", "training"}
READERS_OF_TEXT = {"markdown_it", "pygments", "docutils", "asyncio", "email", "numpy"}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loads_neither_numpy_nor_the_library(command):
    found = loaded_by_command(*filter(None, [command, "--help"]))
    assert parts(found) <= PLAIN
    assert not packages(found) & ({*HEAVY, *READERS_OF_TEXT} - HELP)


def test_listing_the_commands_imports_none():
    modules = own(loaded_by_command("--help"))
    assert not {f"chainrule.cli.{found_in(name)[0]}" for name in COMMANDS} & modules


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("--version", set()),
        ("trian", set()),
        ("train --layer 5", set()),
        ("train fashion --size x", set()),
        ("train fashion --layers x", set()),
        ("train", set()),
        ("train missing", set()),
        ("sweep missing --vary l2=1,2", set()),
        ("train fashion --learning-rate -1", SETTINGS),
        ("report missing", set()),
        ("graph a b", set()),
        ("predict missing a.png", set()),
        ("evaluate missing fashion", set()),
        ("explain missing a.png", set()),
        ("export missing", set()),
    ],
)
def test_an_error_loads_what_was_needed_to_find_it(line, more):
    found = loaded_by_command(*line.split())
    assert parts(found) <= PLAIN | more
    assert not packages(found) & ({*HEAVY, *READERS_OF_TEXT} - HELP - {"numpy", "safetensors"})


def test_commands_are_listed_by_the_first_lines_of_their_docstrings():
    for name in COMMANDS:
        first = inspect.getdoc(app[name].default_command).partition("\n\n")[0]
        assert summary(name) == " ".join(first.split())


def test_importing_prints_and_warns_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import chainrule"], capture_output=True, check=True
    )
    assert done.stdout == done.stderr == b""


def test_the_public_names():
    assert chainrule.__all__ == [
        "ChainruleError", "DataError", "Dataset", "DivergenceError", "EarlyStopping", "Evaluation",
        "FloatMatrix", "History", "Importance", "InputError", "MLPClassifier", "MLPRegressor",
        "Model", "ModelFileError", "Network", "PixelMatrix", "Predictions", "Splits", "Training",
        "__version__", "evaluate", "importance", "load", "open_data", "open_for", "predictions",
        "save", "train",
    ]  # fmt: skip
    assert all(hasattr(chainrule, name) for name in chainrule.__all__)
    assert set(chainrule.__all__) <= set(dir(chainrule))


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="'chainrule' has no attribute 'MLPTransformer'"):
        chainrule.MLPTransformer  # noqa: B018 (asking for it is the point)


def test_the_names_of_training():
    from chainrule import training

    assert training.__all__ == sorted([
        "LBFGS", "OPTIMIZERS", "SCHEDULES", "Adam", "Callback", "Choice", "Constant", "Cosine",
        "DualCoefficients", "EarlyStopping", "GradientDescent", "History", "InverseDecay",
        "Momentum", "Nesterov", "OnRecord", "Optimizer", "RMSProp", "Record", "Schedule", "Session",
        "StepDecay", "StopOn", "Training", "save_checkpoint", "train",
    ])  # fmt: skip
    assert all(hasattr(training, name) for name in training.__all__)
