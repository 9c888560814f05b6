"""What may be recorded, and what recorded events say. Pure: no I/O and no clock.

Rules stand in `rules.py`, or in a module of their own here, which is found by itself: importing it puts them among the
`RULES`.
"""

from importlib import import_module
from pkgutil import iter_modules

for _name in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_name}")
