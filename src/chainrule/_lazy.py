"""Names of a package that are imported when they are first asked for."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def lazily(package: str) -> None:
    """Make a package, while it is imported, one that finds its names when they are asked for.

    Its names, and the modules that have them, are said once, in its stub __init__.pyi, which type
    checkers and editors read as well: a line "from module import name as name" for each. All
    modules and packages within it are attributes, too, without having been imported.
    """
    of = _places(package)
    sys.modules[package].__all__ = sorted(of)  # type: ignore[attr-defined]

    class Package(ModuleType):
        def __getattr__(self, name: str) -> Any:
            if name in of:
                setattr(self, name, getattr(import_module(of[name]), name))
                return vars(self)[name]
            if not name.startswith("_"):
                try:
                    return import_module(f"{package}.{name}")
                except ModuleNotFoundError as error:
                    if error.name != f"{package}.{name}":
                        raise
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)

        def __setattr__(self, name: str, value: Any) -> None:
            # Whoever imports the module `train` makes it an attribute of its package, where the
            # function of that name is meant.
            if name in of and isinstance(value, ModuleType):
                value = getattr(value, name)
            super().__setattr__(name, value)

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *of})

    sys.modules[package].__class__ = Package


def _places(package: str) -> dict[str, str]:
    """The modules of the names in a package's stub."""
    spec = sys.modules[package].__spec__
    assert spec is not None
    loader: Any = spec.loader
    stub = loader.get_data(f"{spec.origin}i").decode()
    lines = (line.split() for line in stub.splitlines() if line.startswith("from "))
    return {name: module for _, module, _, name, *_ in lines}
