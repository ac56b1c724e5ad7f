"""Names of a package that are imported when they are first asked for."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def lazily(package: str, places: Mapping[str, str]) -> None:
    """Make a package, while it is imported, one that finds its names when they are asked for.

    places : names, with spaces between, by the module of the package that has them. All modules and
    packages within it are attributes, too, without having been imported.
    """
    of = {name: f"{package}.{module}" for module, names in places.items() for name in names.split()}

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
