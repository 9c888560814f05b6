"""Vintages of derived figures: when each became another, on one clock, and what every input did to it.

A derived figure has no publisher and no date of its own. It changes when one of its inputs does, and, on the ledger
clock, when its definition does; the parts of a sum and the whole of a share may change as well. So its inputs are
followed side by side, and it is counted out at each step of any of them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from ledger.values import instant_text
from projections.audit.declared_parts import PART_OF, parts_of_subjects
from projections.audit.derived.bound_formulas import BoundFormula, bound
from projections.audit.derived.derived_changes import UNDEFINED, Derivation, change_item
from projections.audit.derived.derived_metrics import Definition, HeldDefinition, definitions_ever, definitions_in_force
from projections.audit.derived.input_histories import DERIVED_CLOCKS, LEDGER, PUBLICATION, InputHistories, When, chosen
from projections.audit.derived.place_filters import PlaceFilters, needs_parts
from projections.audit.derived.places import NoFigure, Place, Surroundings, keys_of, makes, places_of, wholes_of
from projections.audit.findings import Findings, Item
from projections.queries.filter_values import Value
from projections.queries.publisher_ranking import EVERYTHING, Ranking
from projections.queries.reader import Reader

VINTAGE_KINDS = ("first", "revision", "gone", "again")
_OF_PARTS = {
    PUBLICATION: "SELECT DISTINCT published_until FROM log.{family} "
    "WHERE since <= $position AND until > $position AND published_until <= $as_of{only}",
    LEDGER: "SELECT DISTINCT UNNEST([since, until]) FROM log.{family} WHERE since <= $position{only}",
}
_PARTS = {"relationships": f" AND relation = '{PART_OF}'", "withdrawals": ""}


class _Epoch(NamedTuple):
    """A stretch of a clock, from `start` until the next one, in which a definition, names and parts stay the same."""

    start: When
    definition: Definition
    around: Surroundings


class _Step(NamedTuple):
    """A time at which a derived figure may have changed, and what it is from then on."""

    at: When
    derived: Derivation


def derived_vintages(
    reader: Reader,
    filters: Mapping[str, Value],
    *,
    metrics: Sequence[str] = (),
    clock: str = DERIVED_CLOCKS[0],
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The changes of the derived figures at places that filters select, oldest first, figure by figure.

    The first item of a figure is when it had a value first. Each says how much it changed, and what each input that
    moved did to it: the exact shares add up to the exact change. `known_from` is the instant on the publication clock,
    `position` that on the ledger clock. Raises UnknownFilter and FilterError.
    """
    chosen_places = PlaceFilters(reader, filters)
    enough = None if limit is None else offset + limit
    items: list[Item] = []
    for held in _by_metric(reader, metrics, clock):
        for item in _Vintages(reader, chosen_places, held, clock).items():
            items.append(item)
            if len(items) == enough:
                return Findings(items[offset:])
    return Findings(items[offset:])


def derived_steps(
    reader: Reader, filters: Mapping[str, Value], metric: str
) -> Iterator[tuple[Place, list[tuple[datetime, BoundFormula | None]]]]:
    """The derived figures of a metric at places that filters select, over publication: what each came to be, and when.

    Times are instants in UTC without their time zone, in order. Raises UnknownFilter and FilterError.
    """
    chosen_places = PlaceFilters(reader, filters)
    for held in _by_metric(reader, [metric], PUBLICATION):
        yield from _Vintages(reader, chosen_places, held, PUBLICATION).steps()


def _by_metric(reader: Reader, metrics: Sequence[str], clock: str) -> Iterator[list[HeldDefinition]]:
    if clock == PUBLICATION:
        for one in definitions_in_force(reader, metrics):
            yield [HeldDefinition(one, 0, reader.viewpoint.position + 1)]
        return
    together: dict[str, list[HeldDefinition]] = {}
    for held in definitions_ever(reader, metrics):
        together.setdefault(held.definition.metric, []).append(held)
    yield from together.values()


class _Vintages:
    """All that changed of one derived metric on one clock."""

    def __init__(self, reader: Reader, chosen_places: PlaceFilters, held: Sequence[HeldDefinition], clock: str) -> None:
        self._reader, self._chosen, self._held, self._clock = reader, chosen_places, held, clock
        self._inputs = list(dict.fromkeys(one for version in held for one in version.definition.inputs))
        self._with_parts = needs_parts(self._inputs)
        self._part_times = self._times_of_parts() if self._with_parts else []
        self._parts_known: dict[When, dict[str, list[str]]] = {}
        self._histories = InputHistories(reader, self._metrics, self._subjects(), clock=clock)

    def items(self) -> Iterator[Item]:
        """The changes, place by place."""
        for place in self._reader.allowance.each(self._chosen.wanted(self._places())):
            yield from self._of_place(place)

    def steps(self) -> Iterator[tuple[Place, list[tuple[When, BoundFormula | None]]]]:
        """Every place with what it came to be, step by step."""
        for place in self._reader.allowance.each(self._chosen.wanted(self._places())):
            yield place, [(step.at, step.derived.formula) for step in self._steps(place)]

    # What is needed

    def _times_of_parts(self) -> list[When]:
        """When what is declared to be a part of what may have changed."""
        found: set[When] = set()
        for family, only in _PARTS.items():
            query = _OF_PARTS[self._clock].format(family=family, only=only)
            found |= {at for (at,) in self._reader.ask(query)}
        found |= self._preference_times() if self._clock == LEDGER else set()
        times = sorted(found)
        if self._clock == PUBLICATION:
            return times
        first = bisect_right(times, min(version.since for version in self._held))
        last = bisect_right(times, self._reader.viewpoint.position)
        return times[max(first - 1, 0) : last]

    def _parts_at(self, at: When) -> dict[str, list[str]]:
        """What is declared to be a part of what, at a time of the clock."""
        if not self._with_parts:
            return {}
        place = bisect_right(self._part_times, at)
        if not place:
            return {}
        last = self._part_times[place - 1]
        if last not in self._parts_known:
            self._parts_known[last] = parts_of_subjects(self._reader.at(self._viewpoint(last)))
        return self._parts_known[last]

    def _viewpoint(self, at: When) -> Any:
        viewpoint = self._reader.viewpoint
        if isinstance(at, datetime):
            return replace(viewpoint, as_of=at.replace(tzinfo=UTC))
        return replace(viewpoint, position=at)

    def _subjects(self) -> list[str] | None:
        """The slugs of all subjects that the figures may be about, whatever these meant; None for all."""
        needed: set[str] = set()
        for at in self._part_times or [0]:
            for version in self._held:
                some = self._chosen.subjects_needed(version.definition, self._parts_at(at) if self._part_times else {})
                if some is None:
                    return None
                needed.update(some)
        return sorted({kept for slug in needed for _, kept in self._reader.names.meanings_of(slug)} | needed)

    # Places

    def _places(self) -> set[Place]:
        """Every place that ever was, under the slugs that are kept at the viewpoint."""
        kept = self._reader.names.kept
        found: set[Place] = set()
        surroundings = [
            (version.definition, around)
            for version in self._held
            for around in {id(one.parts): one for one in self._all_surroundings(version)}.values()
        ]
        for definition, around in surroundings:
            for maker in definition.makers:
                for key, unit in self._reader.allowance.each(self._histories.figures):
                    found.update(places_of(maker, key, unit, around))
        return {
            place
            for place in found
            if kept(place.subject) == place.subject and place.material in (None, kept(place.material or ""))
        }

    def _all_surroundings(self, version: HeldDefinition) -> Iterator[Surroundings]:
        slugs = [slug for one in version.definition.inputs for slug in one.slugs()]
        moves = self._moves(slugs)
        for at in moves or [0]:
            for when in self._part_times or [0]:
                parts = self._parts_at(when) if self._part_times else {}
                yield Surroundings(self._kept_at(at), parts, wholes_of(parts))

    def _moves(self, slugs: Iterable[str]) -> list[int]:
        """The positions from which on some of the slugs mean something else, from the start on."""
        names = self._reader.names
        return sorted({at for slug in slugs for at, _ in names.meanings_of(slug)})

    def _kept_at(self, at: When) -> Any:
        """What slugs mean at a time of the clock."""
        names = self._reader.names
        if self._clock == PUBLICATION or not names.merged:
            return names.kept

        def kept(slug: str) -> str:
            return next(meant for since, meant in reversed(names.meanings_of(slug)) if since <= at)

        return kept

    # One place

    def _epochs(self, place: Place) -> Iterator[_Epoch | When]:
        """The stretches of the clock in order; where no definition holds, the time from which on there is none."""
        if self._clock == PUBLICATION:
            (version,) = self._held
            for at in [datetime.min, *self._part_times]:
                parts = self._parts_at(at)
                yield _Epoch(at, version.definition, Surroundings(self._reader.names.kept, parts, wholes_of(parts)))
            return
        chosen_slugs = [slug for slug in (self._chosen.publisher, *self._chosen.prefer) if slug]
        slugs = {slug for one in self._inputs for slug in one.slugs()} | {place.subject, *chosen_slugs}
        slugs |= {place.material} if place.material else set()
        position = self._reader.viewpoint.position
        times = {*self._moves(slugs), *self._part_times, *self._preference_times(*self._metrics)}
        for version in self._held:
            times |= {version.since, version.until}
        for at in sorted(one for one in times if one <= position):
            in_force = [one.definition for one in self._held if one.since <= at < one.until]
            if not in_force:
                yield at
                continue
            parts = self._parts_at(at)
            definition = max(in_force, key=lambda one: one.position)
            yield _Epoch(at, definition, Surroundings(self._kept_at(at), parts, wholes_of(parts)))

    def _steps(self, place: Place) -> Iterator[_Step]:
        """Every time at which something of the formula may have changed."""
        epochs = list(self._epochs(place))
        ends = [one.start if isinstance(one, _Epoch) else one for one in epochs[1:]]
        for epoch, end in zip(epochs, [*ends, None], strict=True):
            if not isinstance(epoch, _Epoch):
                yield _Step(epoch, UNDEFINED)
                continue
            there = place._replace(
                subject=epoch.around.kept(place.subject),
                material=place.material and epoch.around.kept(place.material),
            )
            if not any(makes(one, there) for one in epoch.definition.makers):
                yield _Step(epoch.start, Derivation(epoch.definition, None))
                continue
            choose = partial(chosen, publisher=self._meant(self._chosen.publisher, epoch), ranking=self._ranking(epoch))
            for at in self._times(epoch, end, there):
                answers_of = self._histories.answers_at(at, choose)
                formula = bound(epoch.definition, there, epoch.around, answers_of)
                yield _Step(at, Derivation(epoch.definition, formula))

    def _times(self, epoch: _Epoch, end: When | None, there: Place) -> Iterator[When]:
        found: set[When] = {epoch.start}
        for one in epoch.definition.inputs:
            try:
                keys = keys_of(one, there, epoch.around)
            except NoFigure:
                continue
            for key in keys:
                for history in self._histories.of(key).values():
                    found.update(history.times)
        inside = (at for at in found if at >= epoch.start and (end is None or at < end))
        yield from sorted(inside)

    def _meant(self, slug: str | None, epoch: _Epoch) -> str | None:
        return None if slug is None else epoch.around.kept(slug)

    def _ranking(self, epoch: _Epoch) -> Ranking:
        """Who answers first in an epoch."""
        reader, asked = self._reader, [epoch.around.kept(slug) for slug in self._chosen.prefer]
        if self._clock == PUBLICATION:
            return reader.ranking.after(asked)
        orders = {}
        for metric in self._metrics:
            before = [one.order for one in reader.preference_changes(metric) if one.position <= epoch.start]
            orders[metric] = before[-1] if before else ()
        return Ranking(orders).after(asked)

    @property
    def _metrics(self) -> set[str]:
        return {one.metric for one in self._inputs}

    def _preference_times(self, *metrics: str) -> set[int]:
        """The positions from which on the ledger asks others first for some metrics, or for what has none."""
        scopes = metrics or (EVERYTHING,)
        return {one.position for metric in scopes for one in self._reader.preference_changes(metric)}

    def _of_place(self, place: Place) -> Iterator[Item]:
        before = _Step(0, Derivation(self._held[0].definition if self._clock == PUBLICATION else None, None))
        seen = False
        for after in self._reader.allowance.each(self._steps(place)):
            if before.derived.value != after.derived.value:
                at = after.at
                told = {
                    "kind": _kind(before, after, seen=seen),
                    "known_from": instant_text(at.replace(tzinfo=UTC)) if isinstance(at, datetime) else None,
                    "position": None if isinstance(at, datetime) else at,
                }
                yield change_item(place, before.derived, after.derived, told)
                seen = True
            before = after


def _kind(before: _Step, after: _Step, *, seen: bool) -> str:
    if after.derived.value is None:
        return "gone"
    return "revision" if before.derived.value is not None else "again" if seen else "first"
