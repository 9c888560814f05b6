"""What differs between two viewpoints, and the events that made the difference.

Figures are matched by the id that they show at each viewpoint, so a merge removes one figure and changes or adds
another. A cause is an event whose presence or content differs between the viewpoints and that bears on the figure: a
statement or withdrawal that came into the log, or was published, in between; what was done to one by a ledger event; a
merge that carried it here or away; a registration whose fiscal year moved its period. What cancels out is not listed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from ledger import Entry, Ledger, content
from ledger.values import difference, instant_text, is_fiscal, parse_moment, percent_of, plain
from projections.catalogue import CATALOGUE, FIGURE_KEY
from projections.queries.filter_values import Value
from projections.queries.filters import UnknownFilter, one_of
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive
from projections.viewpoint import Viewpoint

Item = dict[str, Any]
READ_BY = ("publisher", "prefer")
"""Filters that say which answer to a figure is wanted; all others select figures."""
FETCHED_TOGETHER = 1000
"""Entries of the log that are read before the next look at the time."""
KEY = (*FIGURE_KEY, "canonical_unit")
_CAUSES = {
    "EventCorrected": "correction",
    "EventRetracted": "retraction",
    "EventReinstated": "reinstatement",
    "EntitiesMerged": "merge",
    "FigureWithdrawn": "withdrawal",
}


def diff(
    ledger: Ledger,
    before: Reader,
    after: Reader,
    *,
    filters: Mapping[str, Value],
    wanted: Callable[[Item], bool] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Item]:
    """The figures that differ, in the order of figures: key, `before`, `after`, `change`, `kind` and `causes`.

    `before` and `after` are figure items or None; filters select figures at either viewpoint, and of those that differ
    the ones that are `wanted`. Causes are looked for on this page only. Raises UnknownFilter and FilterError.
    """
    if "resolve" in filters:
        raise UnknownFilter("resolve", [one.name for one in CATALOGUE["figures"].filters if one.name != "resolve"])
    how = {name: value for name, value in filters.items() if name in READ_BY}
    readers = (before, after)
    allowance = before.allowance
    chosen: set[str] | None = None
    if how.keys() != filters.keys():
        answering = (reader.read("figures", filters=filters)["figure_id"] for reader in readers)
        chosen = {one for ids in answering for one in allowance.values_of(ids)}
    amounts = [reader.amounts(how, figures=chosen) for reader in readers]
    kinds = after.differing(*amounts)
    sides = [
        {item["figure_id"]: item for item in allowance.rows_of(reader.read("figures", filters=how, figures=kinds))}
        for reader in readers
    ]
    items = [_item(one, kind, sides[0].get(one), sides[1].get(one)) for one, kind in kinds.items()]
    chosen_items = sorted(filter(wanted, items), key=_order)[offset:][:limit]
    causes = _Causes(ledger, before, after).of([item["figure_id"] for item in chosen_items])
    for item in chosen_items:
        item["causes"] = causes.get(item["figure_id"], [])
    return chosen_items


def _item(figure_id: str, kind: str, before: Item | None, after: Item | None) -> Item:
    shown = after or before
    if shown is None:
        raise ValueError(f"figure {figure_id} has an item at neither viewpoint")
    change, percent = None, None
    if before and after and before["canonical_value"] is not None and after["canonical_value"] is not None:
        earlier = Decimal(before["canonical_value"])
        by = difference(Decimal(after["canonical_value"]), earlier)
        part = percent_of(by, earlier)
        change, percent = plain(by), None if part is None else format(part, "f")
    return {
        "figure_id": figure_id,
        **{name: shown[name] for name in KEY},
        "before": before,
        "after": after,
        "change": change,
        "change_percent": percent,
        "kind": kind,
    }


def _order(item: Item) -> tuple[str, ...]:
    names = ("subject", "metric", "material", "nature", "period_start", "period_end", "canonical_unit", "dimensions")
    return (*(item[name] or "" for name in names), (item["after"] or item["before"])["publisher"], item["figure_id"])


class _Seen(NamedTuple):
    """A statement on a figure that is not the same version, or not visible, from both viewpoints."""

    position: int
    by_one: bool
    """Whether it is visible from both, as a statement of the same publisher."""


def _cause(event_id: str, kind: str, position: int, published_at: str | None, recorded_at: datetime) -> Item:
    recorded = instant_text(recorded_at)
    return {
        "event_id": event_id,
        "type": kind,
        "cause": _CAUSES.get(kind, "statement"),
        "position": position,
        "published_at": published_at or recorded,
        "recorded_at": recorded,
    }


class _Causes:
    """Finds the causes of differences. The log itself is read only for events between the two positions."""

    def __init__(self, ledger: Ledger, before: Reader, after: Reader) -> None:
        self._ledger = ledger
        self._readers = (before, after)
        self._views: tuple[Viewpoint, Viewpoint] = (before.viewpoint, after.viewpoint)
        positions = (before.viewpoint.position, after.viewpoint.position)
        self._earlier, self._later = min(positions), max(positions)
        self._entries: dict[int, Entry] = {}
        self._acts_on: dict[UUID, list[Entry]] = defaultdict(list)
        """The ledger events on the events of the entries, in order."""
        self._said: dict[tuple[int, int], dict[str, Any] | None] = {}
        self._came_between: dict[int, set[int]] = {}

    def of(self, figures: Sequence[str]) -> dict[str, list[Item]]:
        """The causes of each figure's difference, in order of position."""
        if self._earlier == self._later:
            return self._publications(figures)
        seen = self._seen(figures)
        self._fetch({one.position for ones in seen.values() for one in ones})
        return {
            figure: [self._cause(position) for position in sorted(self._positions(differing))]
            for figure, differing in self._readers[0].allowance.each(seen.items())
        }

    def _publications(self, figures: Sequence[str]) -> dict[str, list[Item]]:
        """The causes where both viewpoints hold the same: what was published by one moment and not by the other."""
        reader, known = self._readers[0], sorted(naive(at.as_of) for at in self._views)
        rows = reader.ask(
            "SELECT CAST(figure_id AS VARCHAR), CAST(event_id AS VARCHAR), type, position, published_at, recorded_at "
            f"FROM log.figures AS versions WHERE {one_of('$figures', count=len(figures))} "
            f"AND {reader.names.near(figures)} AND since <= $position AND until > $position "
            "AND visible_from > $earlier AND visible_from <= $later ORDER BY position",
            figures=list(figures),
            earlier=known[0],
            later=known[1],
        )
        causes: dict[str, list[Item]] = defaultdict(list)
        for figure, event_id, kind, position, published_at, recorded_at in reader.allowance.each(rows):
            causes[figure].append(_cause(event_id, kind, position, published_at, recorded_at.replace(tzinfo=UTC)))
        return causes

    def _seen(self, figures: Sequence[str]) -> dict[str, list[_Seen]]:
        """The statements on each figure that are not the same version, or not there, from both viewpoints."""
        sides = []
        for reader, at in zip(self._readers, self._views, strict=True):
            rows = reader.ask(
                "SELECT CAST(figure_id AS VARCHAR), position, since, publisher FROM log.figures AS versions "
                f"WHERE {one_of('$figures', count=len(figures))} AND {reader.names.near(figures)} "
                "AND since <= $at AND until > $at AND visible_from <= $known",
                figures=list(figures),
                at=at.position,
                known=naive(at.as_of),
            )
            sides.append({(figure, position): (since, publisher) for figure, position, since, publisher in rows})
        differing: dict[str, list[_Seen]] = defaultdict(list)
        for figure, position in {**sides[0], **sides[1]}:
            before, after = (side.get((figure, position)) for side in sides)
            if before != after:
                by_one = before is not None and after is not None and before[1] == after[1]
                differing[figure].append(_Seen(position, by_one))
        return differing

    def _positions(self, statements: Iterable[_Seen]) -> set[int]:
        positions: set[int] = set()
        for one in statements:
            if one.by_one and self._says(one.position, self._earlier) == self._says(one.position, self._later):
                continue
            for position in self._depended_on(one.position):
                positions |= self._between(position)
            body = self._says(one.position, self._later)
            if body is not None and len({self._published(one.position, body) <= at.as_of for at in self._views}) == 2:
                positions.add(one.position)
        return positions

    def _depended_on(self, position: int) -> set[int]:
        """The events that place a statement on its figure from either viewpoint: itself, merges, a registration."""
        positions = {position}
        for at in (self._earlier, self._later):
            body = self._says(position, at)
            if body is None:
                continue
            for slug in (body["subject"], body.get("material"), body["source"]["publisher"]):
                while slug in self._merges[at]:
                    merge, slug = self._merges[at][slug]
                    positions.add(merge)
            if is_fiscal(str(body.get("period", ""))):
                positions.add(self._registrations[at][body["subject"]])
        return positions

    def _between(self, position: int) -> set[int]:
        """The events between the two positions that made an event there, made it stand, or made it read as it does."""
        if position not in self._came_between:
            self._came_between[position] = self._found_between(position)
        return self._came_between[position]

    def _found_between(self, position: int) -> set[int]:
        if position > self._later:
            return set()
        entry = self._entry(position)
        acts = [act for act in self._acts(position) if self._earlier < act.position <= self._later]
        new = self._says(position, self._later)
        was_there = position <= self._earlier
        old = self._says(position, self._earlier) if was_there else entry.body
        positions = set() if was_there else {position}
        if (new is None) != (old is None):
            positions.add([act.position for act in acts if act.type != "EventCorrected"][-1])
        if new is not None and new != (old if old is not None else self._says_if_standing(position, self._earlier)):
            positions |= {act.position for act in acts if act.type == "EventCorrected"}
        return positions

    def _says(self, position: int, at: int) -> dict[str, Any] | None:
        """What an event says at a position of the log; None where it is not there, or retracted."""
        if position > at:
            return None
        if (position, at) not in self._said:
            entry = self._entry(position)
            acts = [(act.type, act.body) for act in self._acts(position) if act.position <= at]
            self._said[position, at] = content((entry.cls, entry.body), acts)
        return self._said[position, at]

    def _says_if_standing(self, position: int, at: int) -> dict[str, Any] | None:
        entry = self._entry(position)
        acts = [(a.type, a.body) for a in self._acts(position) if a.position <= at and a.type == "EventCorrected"]
        return content((entry.cls, entry.body), acts)

    def _acts(self, position: int) -> list[Entry]:
        return self._acts_on.get(self._entry(position).event_id, [])

    def _entry(self, position: int) -> Entry:
        if position not in self._entries:
            self._fetch({position})
        return self._entries[position]

    def _fetch(self, positions: Iterable[int]) -> None:
        missing = sorted(set(positions) - self._entries.keys())
        entries = self._read(missing)
        self._entries.update({entry.position: entry for entry in entries})
        acts = self._readers[0].ask(
            "SELECT position, target FROM log.keeping WHERE position <= $at "
            "AND target IN (SELECT UNNEST(CAST($targets AS UUID[]))) ORDER BY position",
            at=self._later,
            targets=[entry.event_id for entry in entries],
        )
        for (_, target), act in zip(acts, self._read([position for position, _ in acts]), strict=True):
            self._acts_on[target].append(act)

    def _read(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions of the log, in order."""
        parts = [positions[start : start + FETCHED_TOGETHER] for start in range(0, len(positions), FETCHED_TOGETHER)]
        return [entry for part in self._readers[0].allowance.each(parts) for entry in self._ledger.at_positions(part)]

    def _published(self, position: int, body: Mapping[str, Any]) -> datetime:
        text = body.get("published_at")
        return parse_moment(text).end if text else self._entry(position).recorded_at

    def _cause(self, position: int) -> Item:
        entry = self._entry(position)
        body = self._says(position, self._later) or entry.body
        return _cause(str(entry.event_id), entry.type, position, body.get("published_at"), entry.recorded_at)

    @cached_property
    def _merges(self) -> dict[int, dict[str, tuple[int, str]]]:
        """At each of the two positions: for each merged slug, the merge and the slug that it was merged into."""
        query = (
            "SELECT merged, position, kept FROM log.entities "
            "WHERE type = 'EntitiesMerged' AND since <= $at AND until > $at"
        )
        return {
            at: {merged: (position, kept) for merged, position, kept in self._readers[0].ask(query, at=at)}
            for at in (self._earlier, self._later)
        }

    @cached_property
    def _registrations(self) -> dict[int, dict[str, int]]:
        query = (
            "SELECT entity, position FROM log.entities WHERE type = 'EntityRegistered' AND since <= $at AND until > $at"
        )
        return {at: dict(self._readers[0].ask(query, at=at)) for at in (self._earlier, self._later)}
