"""Place filters: which derived figures are wanted, by the filters that figures have, and which figures these need."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import pyarrow as pa

from ledger.values import FormulaInput, is_fiscal
from projections.audit.derived.derived_metrics import Definition
from projections.audit.derived.places import Place
from projections.catalogue import FIGURES, SERIES
from projections.queries.filter_values import VALUES_MAX, FilterError, Value, values_of
from projections.queries.filters import LATEST_PERIOD, filter_named, select
from projections.queries.publisher_choice import CHOICE
from projections.queries.reader import Reader

_PERIODS = ("period", "period_from", "period_to")
_WANTED = """
SELECT number
FROM (SELECT *, code_of(subject) AS subject_code FROM derived_places) AS versions
WHERE {conditions}
ORDER BY number
"""


class PlaceFilters:
    """The filters of a question about derived figures: of their places, and whose figures they are made of."""

    def __init__(self, reader: Reader, filters: Mapping[str, Value]) -> None:
        """Raises UnknownFilter and FilterError."""
        self._reader = reader
        self.choice = {name: filters[name] for name in CHOICE if name in filters}
        self._of_places = {name: value for name, value in filters.items() if name not in CHOICE}
        self._latest = self._of_places.get("period") == LATEST_PERIOD
        if self._latest:
            del self._of_places["period"]
        if len(self._values("publisher", self.choice)) > 1:
            raise FilterError(
                "publisher", "a derived figure is made of what one publisher says, or of the answers: name one"
            )
        select(SERIES, self._of_places, reader.names)

    @property
    def publisher(self) -> str | None:
        """Whose statements alone it is made of, as asked for."""
        return next(iter(self._values("publisher", self.choice)), None)

    @property
    def prefer(self) -> list[str]:
        """Who comes first, as asked for."""
        return self._values("prefer", self.choice)

    @property
    def subjects(self) -> list[str]:
        """The subjects that are asked for; none where all are."""
        return self._values("subject", self._of_places)

    def periods(self, definition: Definition) -> dict[str, Value]:
        """The filters on periods, where all inputs are of the period that is asked for."""
        names = [name for name in _PERIODS if name in self._of_places]
        if any(is_fiscal(text) for name in names for text in self._values(name, self._of_places)):
            return {}
        return {} if any(one.shift for one in definition.inputs) else {name: self._of_places[name] for name in names}

    @staticmethod
    def _values(name: str, filters: Mapping[str, Value]) -> list[str]:
        if name not in filters:
            return []
        return values_of(filter_named(FIGURES, name), name, filters[name])

    def wanted(self, places: Collection[Place]) -> list[Place]:
        """The places that are asked for, in order."""
        ordered = sorted(places, key=lambda one: one.order)
        if self._of_places:
            ordered = self._selected(ordered)
        return _latest(ordered) if self._latest else ordered

    def _selected(self, places: Sequence[Place]) -> list[Place]:
        selection = select(SERIES, self._of_places, self._reader.names)
        query = _WANTED.format(conditions="\n  AND ".join(selection.rows) or "TRUE")
        with self._reader.lending(derived_places=_table(places)):
            found = self._reader.ask(query, **selection.params)
        return [places[number] for (number,) in found]

    def subjects_needed(self, definition: Definition, parts: Mapping[str, Sequence[str]]) -> list[str] | None:
        """The subjects whose figures are needed, as slugs that may have been merged; None where all may be."""
        if not self.subjects:
            return None
        asked = [self._reader.names.kept(slug) for slug in self.subjects]
        needed = [*self.subjects, *asked]
        for one in definition.inputs:
            needed += [*one.subjects, *(value for name, value in one.selected if name == "subject")]
        if needs_parts(definition.inputs):
            needed += [part for whole in asked for part in parts.get(whole, ())]
            needed += [whole for whole, some in parts.items() if not set(asked).isdisjoint(some)]
        found = list(dict.fromkeys(needed))
        return found if len(found) <= VALUES_MAX else None


def needs_parts(inputs: Iterable[FormulaInput]) -> bool:
    """Whether it counts what is declared to be a part of what."""
    return any(one.over and not one.subjects for one in inputs)


def _latest(places: Sequence[Place]) -> list[Place]:
    """Of the places that differ in their period only, the last."""
    latest: dict[tuple[object, ...], tuple[date, date]] = {}
    for place in places:
        latest[place[:4]] = max(latest.get(place[:4], (date.min, date.min)), _until(place))
    return [place for place in places if _until(place) == latest[place[:4]]]


def _until(place: Place) -> tuple[date, date]:
    return place.period_end or date.min, place.period_start or date.min


def _table(places: Sequence[Place]) -> pa.Table:
    columns = {
        "number": pa.array(range(len(places)), pa.int64()),
        "dimensions": pa.array([json.dumps(dict(one.dimensions)) for one in places], pa.string()),
    }
    for name in ("subject", "material", "nature"):
        columns[name] = pa.array([getattr(one, name) for one in places], pa.string())
    for name in ("period_start", "period_end"):
        columns[name] = pa.array([getattr(one, name) for one in places], pa.date32())
    return pa.table(columns)
