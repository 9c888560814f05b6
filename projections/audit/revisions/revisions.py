"""Revisions: how what publishers say of figures changed after they first said it, by how much, and of which kind.

One item a series, and what is said of all of them together. Beside this module, the measures are in `accuracy`, the
kinds of change in `change_kinds`, and how changes that do not count are taken out in `comparable_values`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ledger.values import difference, half_even, percent_of, plain
from projections.audit.atoms import ATOMS, DECIMALS
from projections.audit.findings import Findings, Item
from projections.audit.revisions.accuracy import CAUSES, Options, Tally
from projections.audit.revisions.change_kinds import KINDS, Change, Kinds
from projections.audit.revisions.comparable_values import Comparable, Exact, comparable, size
from projections.audit.revisions.notices import CHANGES_ANNOUNCED, Notices
from projections.audit.revisions.releases import COLUMNS, Entry, Series, series_in
from projections.audit.revisions.settlement import Settlement, settlement
from projections.audit.subjects_together import subjects_together
from projections.queries.filters import FilterError, Value
from projections.queries.reader import Reader, naive

GROUPS_MAX = 1000
GROUPINGS = (
    *("subject", "subject_kind", "metric", "material", "dimensions", "nature"),
    *("period_start", "period_end", "publisher", "canonical_unit"),
)
_OF_ONE_PERIOD = ("period", "period_from", "period_to", "figure_id")


def revisions(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    options: Options | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The series that filters select, each with its revision and the steps of it; and the statistics of all of them.

    Items, `limit` of them from `offset` on: the key; counts of entries; `kinds` (how many changes of each); `first` and
    `latest`, canonical values with the time of their publication; `first_comparable`, the first on the scale of the
    latest, without changes of kinds that are not counted; `total_change` = latest - first_comparable and
    `total_change_percent` of |first_comparable| (exact to 18 decimals, rounded half-even where a rescaling leaves more;
    4 decimals); `range`, the largest less the smallest value of its releases on that scale; when it settled (see
    `settlement`); and `steps`, every entry after the first. What is null has its reason in `reasons`.

    Members: see `Tally`; and `groups`, the same for each group where `options.by` asks for it.

    Series are read some at a time, and of those that are no item only what the statistics need is kept. Raises
    UnknownFilter, and FilterError, also for more than 1,000 groups.
    """
    options, filters = options or Options(), filters or {}
    notices = Notices(reader)
    as_of = naive(reader.viewpoint.as_of)
    tally = Tally(options, as_of)
    groups = _Groups(reader, options, as_of)
    items: list[Item] = []
    place = 0
    for subjects in subjects_together(reader, filters):
        chosen = series_in(reader.entries(COLUMNS, filters, subjects=subjects), reader.allowance)
        kinds = Kinds(reader.allowance.each(_around(reader, filters, chosen, subjects)), notices)
        for series in reader.allowance.each(chosen):
            scaled = comparable(series, kinds, counted=options.kinds)
            settled = settlement(scaled, tolerance=options.tolerance, young=options.young, as_of=as_of)
            counted = _counted(scaled, notices)
            tally.add(scaled, counted, settled)
            groups.add(scaled, counted, settled)
            if place >= offset and (limit is None or len(items) < limit):
                items.append(_item(scaled, counted, settled, notices))
            place += 1
    members = tally.members()
    if options.by:
        members["groups"] = groups.members()
    return Findings(items, members)


def _around(
    reader: Reader, filters: Mapping[str, Value], chosen: list[Series], subjects: Sequence[str] | None
) -> list[Series]:
    """The series whose tables tell how the chosen ones changed: other periods too, whatever periods are asked about."""
    wider = {name: value for name, value in filters.items() if name not in _OF_ONE_PERIOD}
    if wider == filters or not chosen:
        return chosen
    if "figure_id" in filters:
        wider |= {name: sorted({one.key[name] for one in chosen}) for name in ("subject", "metric", "publisher")}
    return series_in(reader.entries(COLUMNS, wider, subjects=subjects), reader.allowance)


# Items


def _counted(scaled: Comparable, notices: Notices) -> dict[str, int]:
    """The entries of a series, counted: `COUNTS`."""
    series = scaled.series
    causes = [entry.cause for entry in series.entries]
    announced = silent = 0
    for before, after in pairwise(series.entries):
        if after.cause in CHANGES_ANNOUNCED:
            by = notices.announced_by(series, before, after)
            announced, silent = announced + (by is not None), silent + (by is None)
    return {
        "statements": len(causes) - causes.count("withdrawal"),
        "releases": len(series.releases),
        **{name: causes.count(cause) for cause, name in CAUSES.items()},
        "announced": announced,
        "silent": silent,
    }


def _item(scaled: Comparable, counted: Mapping[str, int], settled: Settlement, notices: Notices) -> Item:
    series = scaled.series
    kinds = [change.kind for change in scaled.changes if change is not None]
    counts = dict(counted)
    announced = {name: counts.pop(name) for name in ("announced", "silent")}
    return {
        **series.shown_key(),
        **counts,
        "kinds": {kind: kinds.count(kind) for kind in KINDS if kind in kinds},
        **announced,
        **_measured(scaled, settled),
        "steps": [
            _step(series, before, after, change, notices)
            for (before, after), change in zip(pairwise(series.entries), scaled.changes, strict=True)
        ],
    }


def _measured(scaled: Comparable, settled: Settlement) -> Item:
    """The members of an item that measure its revision, and why those are null that are."""
    series = scaled.series
    reasons: dict[str, str] = {}
    first = series.releases[0] if series.releases else None
    latest = None if series.latest.withdrawn else series.latest
    points = [value for value, said in zip(scaled.values, series.vintages, strict=True) if value is not None]
    change = None if scaled.first is None or scaled.latest is None else scaled.latest - scaled.first
    percent = None if change is None or not scaled.first else _percent(change, scaled.first)
    if first is None:
        reasons |= dict.fromkeys(("first", "first_published_at"), "nothing was said that was not withdrawn that day")
    elif first.value is None:
        reasons["first"] = f"not a single value: {first.text}"
    if latest is None:
        reasons |= dict.fromkeys(("latest", "latest_published_at"), "withdrawn")
    elif latest.value is None:
        reasons["latest"] = f"not a single value: {latest.text}"
    if scaled.first is None:
        reasons["first_comparable"] = reasons["first"]
    if change is None:
        reasons["total_change"] = (
            f"first: {reasons['first']}" if scaled.first is None else f"latest: {reasons['latest']}"
        )
    if percent is None:
        reasons["total_change_percent"] = reasons.get("total_change", "the first is zero")
    if not points:
        reasons["range"] = "no release is a single value"
    if settled.why is not None:
        reasons |= dict.fromkeys(("settled", "settled_after_days", "settled_age_days"), settled.why)
    elif settled.age_days is None:
        reasons["settled_age_days"] = "the figure has no period"
    return {
        "first": _plain(first.value if first else None),
        "first_published_at": first and first.published_at,
        "first_comparable": _shown(scaled.first),
        "latest": _plain(latest.value if latest else None),
        "latest_published_at": latest and latest.published_at,
        "total_change": _shown(change),
        "total_change_percent": percent,
        "range": _shown(max(points) - min(points)) if points else None,
        "settled": settled.settled,
        "censored": settled.censored,
        "settled_after_days": settled.after_days,
        "settled_age_days": settled.age_days,
        "reasons": reasons,
    }


def _step(series: Series, before: Entry, after: Entry, change: Change | None, notices: Notices) -> Item:
    by = notices.announced_by(series, before, after) if after.cause in CHANGES_ANNOUNCED else None
    moved = percent = None
    if before.value is not None and after.value is not None:
        moved = difference(after.value, before.value)
        percent = percent_of(moved, before.value)
    return {
        "event_id": after.event_id,
        "position": after.position,
        "published_at": after.published_at,
        "edition": after.edition,
        "cause": after.cause,
        "kind": change and change.kind,
        "rule": change and change.rule,
        "explanation": change and change.explanation,
        "previous_value": _plain(before.value),
        "value": _plain(after.value),
        "said": after.text,
        "change": _plain(moved),
        "change_percent": None if percent is None else f"{percent:.4f}",
        "announced": by is not None if after.cause in CHANGES_ANNOUNCED else None,
        "announced_by": by,
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _shown(atoms: Exact | None) -> str | None:
    """A value as a decimal: exact to 18 decimals, half-even where it has more."""
    return None if atoms is None else plain(half_even(atoms, ATOMS, decimals=DECIMALS))


def _percent(change: Exact, base: Exact) -> str:
    """change / |base| in percent, half-even at 4 decimals."""
    return f"{half_even(change * 100, size(base)):f}"


# Groups


class _Groups:
    """Series by what they are grouped by, and what is said of each group."""

    def __init__(self, reader: Reader, options: Options, as_of: datetime) -> None:
        self._kinds = _subject_kinds(reader) if "subject_kind" in options.by else {}
        self._options, self._as_of = options, as_of
        self._tallies: dict[tuple[Any, ...], Tally] = {}

    def add(self, scaled: Comparable, counted: Mapping[str, int], settled: Settlement) -> None:
        """Take a series in. Raises FilterError where it would make too many groups."""
        if not self._options.by:
            return
        known = {**scaled.series.key, "subject_kind": self._kinds.get(scaled.series.key["subject"])}
        group = tuple(known[name] for name in self._options.by)
        if group not in self._tallies:
            self._tallies[group] = Tally(self._options, self._as_of)
        if len(self._tallies) <= GROUPS_MAX:
            self._tallies[group].add(scaled, counted, settled)

    def members(self) -> list[Item]:
        """The groups in order, each with what it is grouped by. Raises FilterError for more than 1,000."""
        if len(self._tallies) > GROUPS_MAX:
            many = f"{len(self._tallies)} groups are too many; {GROUPS_MAX} at most: select fewer series"
            raise FilterError("by", many)
        ordered = sorted(self._tallies.items(), key=lambda pair: [(value is not None, str(value)) for value in pair[0]])
        by = self._options.by
        return [
            {**dict(zip(by, map(_grouping, by, group), strict=True)), **tally.members()} for group, tally in ordered
        ]


def _grouping(name: str, value: Any) -> Any:
    if value is None:
        return None
    return json.loads(value) if name == "dimensions" else str(value)


def _subject_kinds(reader: Reader) -> dict[str, str]:
    rows = reader.allowance.rows_of(reader.read("entities").select(["entity", "kind"]))
    return {row["entity"]: row["kind"] for row in rows}
