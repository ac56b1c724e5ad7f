"""The pages that the program writes about itself: its names and its commands."""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.site import equations
from tools.site.docstrings import rendered

# The packages whose names are public, in the order in which one learns them.
PACKAGES = (
    "chainrule", "chainrule.data", "chainrule.network", "chainrule.training", "chainrule.model",
    "chainrule.experiments", "chainrule.influence", "chainrule.graph", "chainrule.tracing",
    "chainrule.show", "chainrule.estimators", "chainrule.lab", "chainrule.course",
    "chainrule.errors",
)  # fmt: skip


def write(source: Path) -> None:
    folder = source / "api"
    (folder / "names").mkdir(parents=True)
    seen: dict[int, str] = {}  # the dotted name of what has a page
    for package in PACKAGES:
        (folder / f"{package}.rst").write_text(page(package, seen, folder / "names"), "utf-8")
    names = "\n".join(f"   {package}" for package in PACKAGES)
    text = f"{_title('Python')}.. toctree::\n   :maxdepth: 1\n\n{names}\n"
    (folder / "index.rst").write_text(text, "utf-8")
    (source / "commands.md").write_text(commands(), "utf-8")

    def found(thing: Any) -> str:
        if id(thing) not in seen:
            seen[id(thing)] = f"{thing.__module__}.{thing.__qualname__}"
            own(seen[id(thing)], thing, folder / "names", ":orphan:\n\n")
        return seen[id(thing)]

    all_of_them = source / "equations.md"
    all_of_them.write_text(equations.page(all_of_them.read_text("utf-8"), found), "utf-8")


def page(package: str, seen: dict[int, str], folder: Path) -> str:
    """A package's page: what it says of itself, and its names, each of which has an own page."""
    said = importlib.import_module(package)
    parts = [f"{_title(package)}.. py:module:: {package}\n\n", rendered(said.__doc__ or ""), "\n"]
    for module, names in modules(said):
        new = [name for name in names if id(getattr(module, name)) not in seen]
        for name in new:
            seen[id(getattr(module, name))] = f"{module.__name__}.{name}"
            own(f"{module.__name__}.{name}", getattr(module, name), folder)
        if new:
            listed = "".join(f"   {name}\n" for name in new)
            parts.append(
                f".. rubric:: {module.__name__}\n\n.. currentmodule:: {module.__name__}\n\n"
                f".. autosummary::\n   :toctree: names\n   :nosignatures:\n\n{listed}\n"
            )
    return "".join(parts)


def own(name: str, thing: Any, folder: Path, head: str = "") -> None:
    """A thing's own page."""
    undocumented(name, thing)
    kind = "class" if inspect.isclass(thing) else "function"
    text = f"{head}{_title(name.rpartition('.')[2])}.. auto{kind}:: {name}\n"
    text += "   :members:\n" if kind == "class" else ""
    (folder / f"{name}.rst").write_text(text, "utf-8")


def undocumented(name: str, thing: Any) -> None:
    """Ends it where a public name, or a method or property of it, does not say what it is."""
    lacking = [] if (thing.__doc__ or "").strip() else [name]
    for own in (name for name in vars(thing) if inspect.isclass(thing) and name[0] != "_"):
        member = inspect.getattr_static(thing, own)
        told = member if isinstance(member, property) else getattr(thing, own, None)
        callable_or_property = isinstance(member, property) or inspect.isroutine(told)
        if callable_or_property and not inspect.getdoc(told):
            lacking.append(f"{name}.{own}")
    if lacking:
        sys.exit(f"site: no docstring: {', '.join(lacking)}")


def modules(package: ModuleType) -> Iterator[tuple[ModuleType, list[str]]]:
    """The package if it names what is public, else each module in it with what it defines."""
    if hasattr(package, "__all__"):
        yield package, [name for name in package.__all__ if _documented(getattr(package, name))]
        return
    paths = pkgutil.iter_modules(getattr(package, "__path__", ()), f"{package.__name__}.")
    found = [importlib.import_module(path.name) for path in paths if "._" not in path.name]
    for module in found or [package]:
        names = getattr(module, "__all__", None) or [
            name
            for name, thing in vars(module).items()
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
        ]
        yield module, [name for name in names if _documented(getattr(module, name))]


def _documented(thing: object) -> bool:
    return inspect.isclass(thing) or inspect.isfunction(thing)


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n\n"


def commands() -> str:
    """The help of all commands as one page."""
    from chainrule.cli.app import app

    text = app.generate_docs(output_format="markdown").replace("# chainrule", "# Command line", 1)
    return re.sub(r"## Table of Contents\n\n(- .*\n)+", "", text)
