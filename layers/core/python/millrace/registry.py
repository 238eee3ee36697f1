"""Definitions are found, not registered: one module of a package is one definition."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from millrace.errors import NeedsHuman

D = TypeVar("D")


def discover(package: ModuleType, kind: type[D]) -> dict[str, D]:
    """The one `kind` value of every module in `package`, by module name, in name order.

    Raises NeedsHuman `definition_not_found` when a module holds none or several.
    """
    found: dict[str, D] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        found[module_info.name] = definition_in(package, module_info.name, kind)
    return found


def definition_in(package: ModuleType, name: str, kind: type[D]) -> D:
    """The one `kind` value of the module `name` of `package`, imported now if it was not yet.

    Raises NeedsHuman `definition_not_found` when the module holds none or several.
    """
    module = importlib.import_module(f"{package.__name__}.{name}")
    values = [value for value in vars(module).values() if isinstance(value, kind)]
    if len(values) != 1:
        raise NeedsHuman(
            "definition_not_found",
            f"{module.__name__} holds {len(values)} {kind.__name__} values, not exactly one",
        )
    return values[0]
