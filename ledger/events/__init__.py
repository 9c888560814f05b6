"""Every type of event, one class each.

A module here is one family, and it is found by itself: a new file with a class that derives from `Event` is all there
is to adding a type. The class enters the `REGISTRY` by its name when its module is imported. `base` and `amounts` are
what the families share.
"""

from importlib import import_module
from pkgutil import iter_modules

from ledger.events.base import (
    REGISTRY,
    Count,
    Event,
    Flag,
    Moment,
    Number,
    Part,
    Ref,
    Role,
    Slug,
    Source,
    Text,
    Timed,
    ref_paths,
)
from ledger.values.slugs import NAME_PATTERN, SLUG_PATTERN

_ORDER = (
    "agreements",
    "facilities",
    "links",
    "risks",
    "statements",
    "entities",
    "relationships",
    "figures",
    "ledger_events",
    "policies",
)
"""The order in which clients have always seen the types. Modules that are not named here follow, by name."""

_FOUND = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
for _name in sorted(_FOUND, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
    import_module(f"{__name__}.{_name}")

from ledger.events.entities import EntitiesMerged, EntityRegistered  # noqa: E402 - in the registry's order
from ledger.events.figures import Figure, Statement, figure_id  # noqa: E402
from ledger.events.ledger_events import (  # noqa: E402
    ErasureReason,
    EventCorrected,
    EventErased,
    EventReinstated,
    EventRetracted,
    LedgerEvent,
)

__all__ = [
    "NAME_PATTERN",
    "REGISTRY",
    "SLUG_PATTERN",
    "Count",
    "EntitiesMerged",
    "EntityRegistered",
    "ErasureReason",
    "Event",
    "EventCorrected",
    "EventErased",
    "EventReinstated",
    "EventRetracted",
    "Figure",
    "Flag",
    "LedgerEvent",
    "Moment",
    "Number",
    "Part",
    "Ref",
    "Role",
    "Slug",
    "Source",
    "Statement",
    "Text",
    "Timed",
    "figure_id",
    "ref_paths",
]
