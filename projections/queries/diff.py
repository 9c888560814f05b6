"""What differs between two viewpoints, and the events that made the difference.

Figures are matched by the id that they show at each viewpoint, so a merge removes one figure and changes or adds
another. Where several publishers are asked for, each answers by itself, and is compared with itself.

A cause is an event whose presence or content differs between the viewpoints and that bears on the figure: a statement
or withdrawal that came into the log, or was published, in between; what was done to one by a ledger event; a merge that
carried it here or away; a registration whose fiscal year moved its period; another preference of the ledger, where that
turns the answer. What cancels out is not listed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from functools import cached_property

from ledger import Ledger
from ledger.values import difference, is_fiscal, percent_of, plain
from projections.catalogue import CATALOGUE, FIGURE_KEY
from projections.queries.difference_causes import DifferenceCauses, Item, Seen, cause_item
from projections.queries.figure_differences import (
    AnswerKey,
    FigureDifference,
    Wanted,
    figure_differences,
    items_of,
)
from projections.queries.filter_values import Value
from projections.queries.filters import UnknownFilter, one_of
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive

READ_BY = ("publisher", "prefer")
"""Filters that say which answer to a figure is wanted; all others select figures."""
KEY = (*FIGURE_KEY, "canonical_unit")


def diff(
    ledger: Ledger,
    before: Reader,
    after: Reader,
    *,
    filters: Mapping[str, Value],
    wanted: Wanted | None = None,
    limit: int | None = None,
    offset: int = 0,
    causes: bool = True,
) -> list[Item]:
    """The figures that differ, in the order of figures: key, `before`, `after`, `change`, `kind` and `causes`.

    `before` and `after` are figure items or None; filters select figures at either viewpoint, and of those that differ
    the ones that are `wanted`. Items and causes are looked for on this page only, causes not at all where `causes` is
    false. Raises UnknownFilter and FilterError.
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
    page = figure_differences(readers, how, figures=chosen, wanted=wanted, limit=limit, offset=offset)
    sides = _sides(readers, how, page)
    items = [_item(one.figure_id, one.kind, *(side.get(one.key) for side in sides)) for one in page]
    if causes:
        turned = _turned(readers, how, sides)
        found = _Causes(ledger, before, after).of(list(dict.fromkeys(one.figure_id for one in page)), turned)
        for item in items:
            item["causes"] = list(found.get(item["figure_id"], []))
    return items


def _sides(
    readers: Sequence[Reader], how: Mapping[str, Value], page: Sequence[FigureDifference]
) -> list[dict[AnswerKey, Item]]:
    """The answers that differ, as items, at each of the viewpoints."""
    lacking = list(dict.fromkeys(one.figure_id for one in page if one.items is None))
    sides = [items_of(reader, how, lacking) if lacking else {} for reader in readers]
    for one in page:
        for side, item in zip(sides, one.items or (), strict=False):
            if item is not None:
                side[one.key] = item
    return sides


def _turned(
    readers: Sequence[Reader], how: Mapping[str, Value], sides: Sequence[Mapping[AnswerKey, Item]]
) -> dict[str, str]:
    """The metrics of those that another publisher would answer at one viewpoint with the preference of the other."""
    found: dict[str, str] = {}
    for reader, other, items in zip(readers, reversed(readers), sides, strict=True):
        asked = reader.preferring_as_at(other.viewpoint.position)
        if not asked.ranking.asks_as(reader.ranking):
            otherwise = items_of(asked, how, list(dict.fromkeys(figure for figure, _ in items)))
            found |= {
                key[0]: item["metric"] for key, item in items.items() if otherwise[key]["event_id"] != item["event_id"]
            }
    return found


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


class _Causes(DifferenceCauses):
    """Finds the causes of the differences of figures."""

    def of(self, figures: Sequence[str], turned: Mapping[str, str]) -> dict[str, list[Item]]:
        """The causes of each figure's difference, in order of position.

        `turned` are the metrics of those whose answers the ledger's preferences turn.
        """
        if self._earlier == self._later:
            return self._publications(figures)
        seen = self._seen(figures)
        self._fetch({one.position for ones in seen.values() for one in ones})
        preferences = {metric: self._of_preference(metric) for metric in set(turned.values())}
        return {
            figure: [
                self._cause(position)
                for position in sorted(
                    self._positions(seen.get(figure, ())) | preferences.get(turned.get(figure, ""), set())
                )
            ]
            for figure in self._readers[0].allowance.each(figures)
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
            causes[figure].append(cause_item(event_id, kind, position, published_at, recorded_at.replace(tzinfo=UTC)))
        return causes

    def _seen(self, figures: Sequence[str]) -> dict[str, list[Seen]]:
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
        differing: dict[str, list[Seen]] = defaultdict(list)
        for figure, position in {**sides[0], **sides[1]}:
            before, after = (side.get((figure, position)) for side in sides)
            if before != after:
                by_one = before is not None and after is not None and before[1] == after[1]
                differing[figure].append(Seen(position, by_one))
        return differing

    def _depended_on(self, position: int) -> set[int]:
        """The events that place a statement on its figure from either viewpoint: itself, merges, a registration."""
        positions = {position}
        for at in (self._earlier, self._later):
            body = self._says(position, at)
            if body is None:
                continue
            for slug in filter(None, (body["subject"], body.get("material"), body["source"]["publisher"])):
                positions.update(self._merges_of(slug, at))
            if is_fiscal(str(body.get("period", ""))):
                positions.add(self._registrations[at][body["subject"]])
        return positions

    @cached_property
    def _registrations(self) -> dict[int, dict[str, int]]:
        query = (
            "SELECT entity, position FROM log.entities WHERE type = 'EntityRegistered' AND since <= $at AND until > $at"
        )
        return {at: dict(self._readers[0].ask(query, at=at)) for at in (self._earlier, self._later)}
