"""Fields of EPCIS events: when, where, how much, and who stands at the ends of the way."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.errors import QuantityError, UnitError
from ledger.imports.mappings.gs1_identifiers import Identifier, goods, place_or_party
from ledger.values.quantities import parse_number
from ledger.values.units import unit


class Malformed(Exception):
    """An event is not what EPCIS says: its text says how."""


FAMILIES = ("mass", "volume", "energy")
"""The families of units whose amounts are flows; pieces are not."""


class Quantity(NamedTuple):
    """An amount of goods; one without a unit counts pieces."""

    lot: str
    """The goods as they are named, with their lot."""
    goods: Identifier
    value: Decimal
    unit: str | None

    @property
    def is_flow(self) -> bool:
        """Whether its unit is one of those whose amounts are flows."""
        try:
            return self.unit is not None and unit(self.unit).family in FAMILIES
        except UnitError:
            return False


def quantities_in(event: dict[str, Any], name: str) -> list[Quantity]:
    """The amounts in a list of an event. Raises Malformed."""
    said = event.get(name, [])
    if not isinstance(said, list):
        raise Malformed(f"{name} is a list of objects")
    made = []
    for one in said:
        if not isinstance(one, dict) or not isinstance(one.get("epcClass"), str):
            raise Malformed(f"{name}: a quantity is an object with its epcClass")
        uom, value = one.get("uom"), one.get("quantity")
        if value is None or isinstance(value, bool | str | list | dict):
            raise Malformed(f"{name}: the quantity of {one['epcClass'][:80]} is a number")
        try:
            number = parse_number(str(value))
        except QuantityError as error:
            raise Malformed(f"{name}: {error}") from None
        if number < 0:
            raise Malformed(f"{name}: the quantity of {one['epcClass'][:80]} is below zero")
        if uom is not None and not isinstance(uom, str):
            raise Malformed(f"{name}: the uom of {one['epcClass'][:80]} is a text")
        made.append(Quantity(one["epcClass"], goods(one["epcClass"]), number, uom or None))
    return made


def day_of(event: dict[str, Any]) -> datetime:
    """When an event was, in the time of its place. Raises Malformed."""
    said, offset = event.get("eventTime"), event.get("eventTimeZoneOffset", "")
    try:
        at = datetime.fromisoformat(str(said))
        hours, _, minutes = str(offset)[1:].partition(":")
        zone = timedelta(hours=int(hours), minutes=int(minutes)) if offset else None
        if at.tzinfo is None or (zone is not None and str(offset)[0] not in "+-"):
            raise ValueError
        if zone is None:
            return at
        return at.astimezone(timezone(-zone if str(offset)[0] == "-" else zone))
    except (ValueError, OverflowError):
        raise Malformed(
            f"eventTime {str(said)[:40]!r} with eventTimeZoneOffset {str(offset)[:10]!r} is no instant with an offset"
        ) from None


def place_of(event: dict[str, Any], *points: str, end: str | None = None) -> Identifier | None:
    """Where an event was: the first of these points; else the location at that end of the way."""
    for name in points:
        said = event.get(name)
        uri = said.get("id") if isinstance(said, dict) else said
        if isinstance(uri, str) and uri:
            return place_or_party(uri)
    return _at_end(event, end, "location") if end is not None else None


def owner_at(event: dict[str, Any], end: str) -> Identifier | None:
    """Whose the goods are at an end of the way, `source` or `destination`; None unless one owner is said."""
    return _at_end(event, end, "owning_party")


def _at_end(event: dict[str, Any], end: str, kind: str) -> Identifier | None:
    """What of this kind is named at an end of the way, where that is one thing."""
    said = event.get(f"{end}List", [])
    found = {
        one[end]
        for one in (said if isinstance(said, list) else [])
        if isinstance(one, dict) and word_of(one.get("type")) == kind and isinstance(one.get(end), str)
    }
    return place_or_party(found.pop()) if len(found) == 1 else None


def word_of(said: Any) -> str:
    """A term of the vocabulary, however it is written: `shipping`, `urn:epcglobal:cbv:bizstep:shipping`, or a URL that
    ends in `BizStep-shipping`.
    """
    text = said if isinstance(said, str) else ""
    return text.rpartition(":")[2].rpartition("/")[2].rpartition("-")[2].strip()[:80]
