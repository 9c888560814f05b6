"""Revisions: how what publishers say of figures changed after they first said it, by how much, and of which kind.

One item a series, and what is said of all of them together. Beside this module, the measures are in `accuracy`, the
kinds of change in `change_kinds`, and how changes that do not count are taken out in `comparable_values`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from ledger.values import difference, half_even, percent_of, plain
from projections.audit.atoms import ATOMS, DECIMALS
from projections.audit.findings import Findings, Item
from projections.audit.revisions.accuracy import CAUSES, Measures, Options, Places
from projections.audit.revisions.change_kinds import KINDS, Change, Kinds
from projections.audit.revisions.comparable_values import Comparable, Exact, comparable, size
from projections.audit.revisions.notices import CHANGES_ANNOUNCED, Notices
from projections.audit.revisions.releases import COLUMNS, Entry, Series, series_in
from projections.audit.revisions.series_changes import SeriesChanges
from projections.audit.revisions.settlement import Settlement, settlement
from projections.audit.revisions.table_factors import TABLE, Factor, Factors, factors_of, table_of
from projections.audit.revisions.unit_relabels import Company, company_of
from projections.audit.subjects_together import few_together
from projections.queries.filter_values import FilterError, Value
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive

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

    Members: see `Measures`; and `groups`, the same for each group where `options.by` asks for it.

    All series are measured in SQL; Python reads those of the page, and those that only fractions can tell. Raises
    UnknownFilter, and FilterError, also for more than 1,000 groups.
    """
    options, filters = options or Options(), filters or {}
    notices = Notices(reader)
    as_of = naive(reader.viewpoint.as_of)
    changes = SeriesChanges(reader, filters, notices)
    factors = _factors(reader, filters, changes)
    told = changes.all(options, factors)
    kinds = Kinds(factors, notices, _company(reader, filters, changes, told))
    measures = Measures(told, options, as_of)

    def read(places: Iterable[int]) -> Iterator[tuple[int, Comparable, dict[str, int], Settlement]]:
        for place, series in _series_at(reader, filters, told, places):
            scaled = comparable(series, kinds, counted=options.kinds)
            settled = settlement(scaled, tolerance=options.tolerance, young=options.young, as_of=as_of)
            yield place, scaled, _counted(scaled, notices), settled

    for place, scaled, counted, settled in read(np.flatnonzero(told["is_close"].to_numpy()).tolist()):
        measures.put(place, scaled, counted, settled)
    page = range(len(told))[offset:][:limit]
    items = [_item(scaled, counted, settled, notices) for _, scaled, counted, settled in read(page)]
    members = measures.members()
    if options.by:
        members["groups"] = [
            {**group, **measures.members(places)} for group, places in _groups(reader, told, options.by)
        ]
    return Findings(items, members)


def _series_at(
    reader: Reader, filters: Mapping[str, Value], told: pa.Table, places: Iterable[int]
) -> Iterator[tuple[int, Series]]:
    """The series at some places of a table of them, in order, with their places."""
    names = told.select(["figure_id", "publisher", "subject", "entries"])
    wanted = names.take(pa.array(places, pa.int64()))
    keys = zip(places, reader.allowance.tuples_of(wanted), strict=True)
    for together in few_together(((place, *key[:3]), key[3]) for place, key in keys):
        entries = reader.entries(
            COLUMNS,
            filters,
            subjects=sorted({subject for *_, subject in together}),
            figures=list(dict.fromkeys(figure_id for _, figure_id, *_ in together)),
        )
        found = {(one.key["figure_id"], one.key["publisher"]): one for one in series_in(entries, reader.allowance)}
        for place, figure_id, publisher, _ in reader.allowance.each(together):
            yield place, found[figure_id, publisher]


def _factors(reader: Reader, filters: Mapping[str, Value], changes: SeriesChanges) -> Factors:
    """The factors by which tables were rescaled that the selected series are of: other periods of them tell too."""
    wider = {name: value for name, value in filters.items() if name not in _OF_ONE_PERIOD}
    if "figure_id" in filters:
        query = "SELECT DISTINCT subject, metric, publisher FROM chosen"
        chosen = reader.series("published", filters, query=query)
        wider |= {name: sorted(set(chosen[name].to_pylist())) for name in chosen.column_names}
    rescaled = changes.rescaled(wider)
    if not len(rescaled):
        return {}
    tables = set(reader.allowance.tuples_of(rescaled.select(TABLE)))
    wider["subject"] = sorted(set(rescaled["subject"].to_pylist()))
    counted = reader.series(
        "published", wider, query="SELECT subject, COUNT(*) FROM chosen GROUP BY subject ORDER BY 1"
    )
    factors: dict[tuple[object, ...], Factor] = {}
    subjects: list[str]
    for subjects in few_together(reader.allowance.tuples_of(counted)):
        around = series_in(reader.entries(COLUMNS, {**wider, "subject": subjects}), reader.allowance)
        factors |= factors_of(reader.allowance.each(one for one in around if table_of(one) in tables))
    return factors


def _company(reader: Reader, filters: Mapping[str, Value], changes: SeriesChanges, told: pa.Table) -> Company:
    """How many figures moved by the factor of a unit in the publications in which selected ones may have: of all
    subjects and materials, whichever are selected.
    """
    suspected = told.filter(told["suspected"])
    if not len(suspected):
        return {}
    wider: dict[str, Value] = {name: sorted(set(suspected[name].to_pylist())) for name in ("publisher", "metric")}
    found = reader.allowance.tuples_of(changes.moved_together(wider))
    company: Counter[Any] = Counter()
    for together in few_together(((subject, figure_id), vintages) for subject, figure_id, _, vintages in found):
        subjects = sorted({subject for subject, _ in together})
        figures = sorted({figure_id for _, figure_id in together})
        entries = reader.entries(COLUMNS, wider, subjects=subjects, figures=figures)
        company.update(company_of(series_in(entries, reader.allowance)))
    return company


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


def _groups(reader: Reader, told: pa.Table, by: Sequence[str]) -> list[tuple[Item, Places]]:
    """What series are grouped by, in order, each with the places of its series. Raises FilterError where there are more
    than 1,000 groups.
    """
    if "subject_kind" in by:
        kinds = _subject_kinds(reader)
        told = told.append_column(
            "subject_kind", pa.array([kinds.get(one) for one in told["subject"].to_pylist()], pa.string())
        )
    codes: dict[tuple[Any, ...], int] = {}
    code_of = [codes.setdefault(group, len(codes)) for group in reader.allowance.tuples_of(told.select(list(by)))]
    if len(codes) > GROUPS_MAX:
        many = f"{len(codes)} groups are too many; {GROUPS_MAX} at most: select fewer series"
        raise FilterError("by", many)
    order = np.argsort(np.array(code_of, dtype=np.int64), kind="stable")
    ends = np.cumsum(np.bincount(code_of, minlength=len(codes)))[:-1]
    places = dict(zip(codes, np.split(order, ends), strict=True)) if codes else {}
    ordered = sorted(places, key=lambda group: [(value is not None, str(value)) for value in group])
    return [(dict(zip(by, map(_grouping, by, group), strict=True)), places[group]) for group in ordered]


def _grouping(name: str, value: Any) -> Any:
    if value is None:
        return None
    return json.loads(value) if name == "dimensions" else str(value)


def _subject_kinds(reader: Reader) -> dict[str, str]:
    rows = reader.allowance.rows_of(reader.read("entities").select(["entity", "kind"]))
    return {row["entity"]: row["kind"] for row in rows}
