"""Names of a package that are imported when they are first asked for (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(
    package: str, places: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package.

    places : names, with spaces between, by the module of the package that has them. All modules and
    packages within it are attributes, too, without having been imported.
    """
    of = {name: f"{package}.{module}" for module, names in places.items() for name in names.split()}
    content = vars(sys.modules[package])

    def find(name: str) -> Any:
        if name in of:
            content[name] = getattr(import_module(of[name]), name)
            return content[name]
        if not name.startswith("_"):
            try:
                return import_module(f"{package}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{package}.{name}":
                    raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)

    return find, lambda: sorted({*content, *of})
