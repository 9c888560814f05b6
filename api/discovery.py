"""Discovery: the modules of a package, found by themselves, so that a new one is in use as soon as its file is there.

A module may say by `ORDER` (a number) where it comes among the others; one that does not say comes after those, by
name. So the documentation keeps its order whatever is added.
"""

import pkgutil
from importlib import import_module
from types import ModuleType


def modules_of(package: ModuleType) -> list[ModuleType]:
    """The modules directly in a package, imported, in their order."""
    names = [one.name for one in pkgutil.iter_modules(package.__path__) if not one.ispkg]
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    return sorted(modules, key=lambda module: (getattr(module, "ORDER", float("inf")), module.__name__))
