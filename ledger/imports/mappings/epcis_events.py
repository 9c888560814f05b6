"""EPCIS events as facts: amounts at a place over a day, and who supplies whom; and what in them is neither.

EPCIS tells of single acts: these goods were seen there, then, for that reason. A fact of this ledger is what somebody
says of a stretch of time. So amounts by weight, volume or energy are added up, by place, goods and day (or month, or
year), and only where an event says beyond doubt what the amount is:

- the output of a transformation, and lots that came to be (`ADD`, commissioning): production;
- the input of a transformation: consumption;
- goods that were seen being shipped or received (`OBSERVE`): shipments and receipts. What departs, arrives, is loaded
  or picked is left out: it is the same goods once more;
- goods that went from one owner to another (`owning_party`): a supply link. A `possessing_party` may be a haulier.

All else (pieces without a weight, packing, sensors, paperwork, events that are declared to be in error) is counted by
kind and reason, and told.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple

from ledger.imports.mappings.epcis_documents import KINDS, Document, kind_of_event, read_document
from ledger.imports.mappings.epcis_fields import FAMILIES, Malformed, day_of, owner_at, place_of, quantities_in, word_of
from ledger.imports.mappings.gs1_identifiers import Identifier, goods, place_or_party
from ledger.imports.mappings.table_mapping import MappingError, TableMapping
from ledger.imports.registrations import Kinds
from ledger.imports.rows import Row, faulty
from ledger.values.quantities import EXACT, canonical, plain
from ledger.values.slugs import SLUG_LENGTH_MAX
from ledger.values.units import unit

PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
OF_DOCUMENT = "creationDate"
REASONS_MAX = 50
_LEFT_OUT = {
    "sensorElementList": "sensor readings",
    "ilmd": "data on instances and lots (ilmd)",
    "bizTransactionList": "business transactions",
    "persistentDisposition": "dispositions",
}
_SAME_GOODS = (
    "departing",
    "arriving",
    "loading",
    "unloading",
    "picking",
    "packing",
    "unpacking",
    "storing",
    "staging_outbound",
)
_CAME_TO_BE = ("commissioning", "creating_class_instance")


class NotTaken(Exception):
    """An event, or a part of it, is no fact: its text says why."""


class _Flow(NamedTuple):
    """What an amount is the amount of."""

    type: str
    metric: str


_PRODUCTION = _Flow("ProductionReported", "production")
_CONSUMPTION = _Flow("FigureReported", "consumption")
_MOVED = {"shipping": _Flow("FigureReported", "shipments"), "receiving": _Flow("FigureReported", "receipts")}


class _Key(NamedTuple):
    """What an amount is added up by."""

    flow: _Flow
    place: Identifier
    goods: Identifier
    period: str


@dataclass
class _Amount:
    """Amounts of one key, as long as they have one unit as printed; else in the canonical one."""

    row: int
    unit: str
    value: Decimal

    def add(self, value: Decimal, unit_name: str) -> None:
        """Add another amount."""
        if unit_name != self.unit:
            self.value, self.unit = canonical(self.value, self.unit), unit(self.unit).canonical
            value = canonical(value, unit_name)
        self.value = EXACT.add(self.value, value)


class _Link(NamedTuple):
    """Who supplies whom with what."""

    supplier: Identifier
    consumer: Identifier
    goods: Identifier


@dataclass
class EPCISEvents:
    """The facts in a document. `names` gives the slug of an identifier or a name in small letters; with `register`,
    what it does not know is registered. Raises MappingError for a period that is none.
    """

    document: Document
    mapping: TableMapping
    names: dict[str, str]
    register: Kinds | None = None
    amounts: dict[_Key, _Amount] = field(default_factory=dict)
    links: dict[_Link, tuple[int, str]] = field(default_factory=dict)
    faults: list[Row] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        period = self.mapping.parameters["period"]
        if period not in PERIODS:
            raise MappingError(f"period is {', '.join(PERIODS)}; not {period[:40]!r}")
        outputs = [one.get("outputQuantityList") for one in self.document.events if isinstance(one, dict)]
        lots = [one for output in outputs if isinstance(output, list) for one in output if isinstance(one, dict)]
        self._made_of_others = {str(one.get("epcClass")) for one in lots}
        for number, event in enumerate(self.document.events, 1):
            try:
                self._take(number, event)
            except NotTaken as error:
                self.reasons[f"{_called(event)}: {error}"] += 1
            except Malformed as error:
                self.faults.append(faulty(number, "mapping", str(error)))

    def rows(self) -> Iterator[Row]:
        """The facts, in the order of the events that they begin with; where an event is malformed only what is wrong,
        since no sum is certain then.
        """
        if self.faults:
            yield from self.faults
            return
        said = [(one.row, self._figure(key, one)) for key, one in self.amounts.items()]
        said += [(number, self._opening(link, day)) for link, (number, day) in self.links.items()]
        for number, make in sorted(said, key=lambda one: one[0]):
            yield from make(number)

    def notes(self) -> list[str]:
        """What was not taken, by kind and reason; and how the amounts came about."""
        told = [f"Not taken, {_times(count)}: {reason}" for reason, count in self.reasons.most_common(REASONS_MAX)]
        if len(self.reasons) > REASONS_MAX:
            told.append(f"Not taken: {len(self.reasons) - REASONS_MAX} more kinds and reasons")
        if self.amounts:
            period = self.mapping.parameters["period"]
            told.append(
                f"Amounts are sums over the events of this document, by place, goods and {period}; of a {period} that "
                "it does not hold whole, they are a part"
            )
        return told

    # One event

    def _take(self, number: int, event: Any) -> None:
        if not isinstance(event, dict):
            raise Malformed("an event is a JSON object")
        kind = kind_of_event(event)
        if kind not in KINDS:
            raise NotTaken("no kind of event of EPCIS")
        for name, what in _LEFT_OUT.items():
            if event.get(name):
                self.reasons[f"{what} of events"] += 1
        if event.get("errorDeclaration"):
            raise NotTaken("declared to be in error")
        if kind == "AggregationEvent":
            raise NotTaken("what is packed, or carried together, is no amount that came, went or was made")
        if kind == "AssociationEvent":
            raise NotTaken("what is attached to what is no amount")
        if kind == "TransactionEvent":
            raise NotTaken("that goods belong to a business transaction is no amount that came, went or was made")
        day = day_of(event)
        if kind == "TransformationEvent":
            self._take_transformation(number, event, day)
        else:
            self._take_object(number, event, day)

    def _take_transformation(self, number: int, event: dict[str, Any], day: datetime) -> None:
        place = place_of(event, "bizLocation", "readPoint")
        taken = False
        for name, flow in (("input", _CONSUMPTION), ("output", _PRODUCTION)):
            taken |= self._add(number, event, f"{name}QuantityList", flow, place, day)
        if not taken:
            raise NotTaken("only serial numbers, without an amount by weight, volume or energy")

    def _take_object(self, number: int, event: dict[str, Any], day: datetime) -> None:
        step, action = word_of(event.get("bizStep")), event.get("action")
        if action == "ADD" and step in _CAME_TO_BE:
            taken = self._add(
                number, event, "quantityList", _PRODUCTION, place_of(event, "bizLocation", "readPoint"), day
            )
        elif action == "OBSERVE" and step in _MOVED:
            points = ("readPoint", "bizLocation") if step == "shipping" else ("bizLocation", "readPoint")
            end = "source" if step == "shipping" else "destination"
            linked = self._link(number, event, day)
            place = place_of(event, *points, end=end)
            taken = self._add(number, event, "quantityList", _MOVED[step], place, day) or linked
        elif step in _SAME_GOODS:
            raise NotTaken(f"{step} tells of goods that are shipped or received: counted there, and not twice")
        else:
            raise NotTaken(
                f"{action or 'no action'} {step or 'without a step'} is no amount that came, went or was made"
            )
        if not taken:
            raise NotTaken("only serial numbers, without an amount by weight, volume or energy")

    def _add(
        self, number: int, event: dict[str, Any], name: str, flow: _Flow, place: Identifier | None, day: datetime
    ) -> bool:
        """Add the amounts in a list of quantities; whether there were any."""
        period = day.strftime(PERIODS[self.mapping.parameters["period"]])
        taken = False
        for one in quantities_in(event, name):
            if name == "quantityList" and flow is _PRODUCTION and one.lot in self._made_of_others:
                self.reasons[f"{_called(event)}: a lot that is the output of a transformation, counted there"] += 1
                taken = True
                continue
            if one.unit is None:
                self.reasons[f"{_called(event)}: pieces, without a unit"] += 1
                continue
            if not one.is_flow:
                of_what = ", ".join(FAMILIES)
                self.reasons[f"{_called(event)}: amounts in {one.unit[:20]}, which is no unit of {of_what}"] += 1
                continue
            if place is None:
                raise NotTaken("amounts without a place")
            key = _Key(flow, place, one.goods, period)
            if key in self.amounts:
                self.amounts[key].add(one.value, one.unit)
            else:
                self.amounts[key] = _Amount(number, one.unit, one.value)
            taken = True
        return taken

    def _link(self, number: int, event: dict[str, Any], day: datetime) -> bool:
        """Note who supplies whom; whether that is said."""
        supplier, consumer = owner_at(event, "source"), owner_at(event, "destination")
        if supplier is None or consumer is None:
            if event.get("sourceList") or event.get("destinationList"):
                self.reasons[f"{_called(event)}: sources and destinations that are no two owning parties"] += 1
            return False
        kinds = dict.fromkeys(one.goods for one in quantities_in(event, "quantityList"))
        if not kinds:
            raise NotTaken("owners of serial numbers, without the kind of goods")
        for kind in kinds:
            link = _Link(supplier, consumer, kind)
            first = self.links.get(link)
            if supplier.value != consumer.value and (first is None or day.date().isoformat() < first[1]):
                self.links[link] = (number, day.date().isoformat())
        return True

    # Facts

    def _figure(self, key: _Key, amount: _Amount) -> Callable[[int], Iterator[Row]]:
        def made(number: int) -> Iterator[Row]:
            said = {
                "type": key.flow.type,
                "metric": key.flow.metric,
                "period": key.period,
                "value": plain(amount.value),
                "unit": amount.unit,
            }
            yield from self._named(
                number, said, {"subject": (key.place, "facility"), "material": (key.goods, "material")}
            )

        return made

    def _opening(self, link: _Link, day: str) -> Callable[[int], Iterator[Row]]:
        def made(number: int) -> Iterator[Row]:
            said = {"type": "SupplyLinkOpened", "effective_from": day}
            ends = {"supplier": (link.supplier, "organisation"), "consumer": (link.consumer, "organisation")}
            yield from self._named(number, said, {**ends, "material": (link.goods, "material")})

        return made

    def _named(self, number: int, said: dict[str, Any], things: Mapping[str, tuple[Identifier, str]]) -> Iterator[Row]:
        """A fact about things, with their registrations before it, or why it has none."""
        registrations = []
        for name, (one, kind) in things.items():
            slug = self.names.get(one.value.casefold()) or self.names.get(one.slug)
            if slug is None and self.register is None:
                yield faulty(
                    number,
                    "mapping",
                    f"nobody has registered {one} ({name}): register it with {one.scheme} {one.value} among its "
                    f"identifiers, or let the import do it: register={kind}",
                    column=name,
                )
                return
            if slug is None:
                slug = self.names[one.value.casefold()] = one.slug
                called = self._called(one)
                sent = {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": called}
                registrations.append({**sent, "identifiers": {one.scheme: one.value}})
            said[name] = slug
        if said["type"] == "SupplyLinkOpened":
            said["link"] = _link_slug("-".join(said[name] for name in ("supplier", "consumer", "material")))
        said["source"] = {"publisher": self.mapping.parameters["publisher"]}
        published_at = self.mapping.parameters["published_at"]
        if published_at == OF_DOCUMENT:
            published_at = self.document.created or ""
        if published_at:
            said["published_at"] = published_at
        for registration in registrations:
            yield Row(number, registration, None)
        yield Row(number, said, None)

    def _called(self, one: Identifier) -> str:
        """What master data call a thing; else its identifier."""
        read = goods if one.scheme == "gtin" else place_or_party
        named = (name for uri, name in self.document.names.items() if read(uri).value == one.value)
        return next(named, None) or str(one)


def epcis_events(
    file: BinaryIO, mapping: TableMapping, names: dict[str, str], *, register: Kinds | None
) -> EPCISEvents:
    """The facts in a document of EPCIS. Raises MappingError where it is none."""
    return EPCISEvents(read_document(file), mapping, names, register)


def _called(event: Any) -> str:
    """What an event is called where it is counted: its kind, and its step."""
    if not isinstance(event, dict):
        return "an event"
    kind, step = kind_of_event(event)[:40] or "an event", word_of(event.get("bizStep"))
    return f"{kind} ({step})" if step and kind in KINDS else kind


def _link_slug(text: str) -> str:
    """A slug of this text; of a longer one its beginning, and what tells it from others."""
    if len(text) <= SLUG_LENGTH_MAX:
        return text
    return f"{text[: SLUG_LENGTH_MAX - 17].strip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
