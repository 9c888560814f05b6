"""Freshness: what is overdue by a publisher's own rhythm, and whether anybody has looked since.

What a publisher says of one metric comes on some days. The days between them are its rhythm: half of them are no longer
than `every_days`, nine in ten no longer than `mostly_within_days`. Whether nothing came or nobody looked is told by
`SourceChecked` events (`projections.audit.last_checks`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from itertools import pairwise
from typing import Any

from projections.audit.findings import Findings, Item
from projections.audit.last_checks import Check, LastChecks, checks_at
from projections.queries.filter_values import Value
from projections.queries.reader import Reader

FRESHNESS_STATES = ("overdue", "late", "changed", "gone", "due", "current", "irregular")
"""Those that want somebody to do something come first."""
DAYS_MIN = 4
"""On so many days at least a publisher must have spoken of a metric to have a rhythm."""
_MOSTLY = 9, 10
_GROUPS = """
SELECT
  publisher,
  metric,
  LIST(DISTINCT CAST(published_until AS DATE) ORDER BY CAST(published_until AS DATE))
    FILTER (WHERE CAST(published_from AS DATE) = CAST(published_until AS DATE)) AS days,
  MAX(CAST(published_until AS DATE)) AS last_day,
  COUNT(DISTINCT figure_id) AS figures,
  COUNT(*) AS statements,
  MAX(position) AS position,
  MAX(source_retrieved_on) FILTER (source_retrieved_on <= $today) AS retrieved
FROM chosen
GROUP BY publisher, metric
ORDER BY publisher, metric
"""
_SOURCES = (
    "SELECT DISTINCT publisher, metric, source_title AS title, source_edition AS edition, source_url AS url FROM chosen"
)


def freshness(
    reader: Reader, filters: Mapping[str, Value] | None = None, *, states: Sequence[str] = FRESHNESS_STATES
) -> Findings:
    """One item a publisher and metric of the figures that filters select, what is overdue first.

    - What was published: `last_published_on`, on how many `publications` (days: a date that is known to its month or
      year tells of none), of how many `figures`, in how many `statements`.
    - The rhythm: `every_days`, `mostly_within_days`, `expected_on` (last + every), `overdue_from` (the day after last +
      mostly within); null with fewer than four days of publication, and `reasons` says so.
    - Who looked: the last check (`last_checked_at`, `last_found`, `last_check`: its event), and the last day by
      `as_of` on which a source was retrieved, as the statements say (`last_retrieved_on`).
    - `state`: `overdue` (nobody has looked since it was expected), `late` (somebody has, and it was not there),
      `changed` and `gone` (as the last check found, and nothing was recorded since), `due` (expected by now, not yet
      overdue), `current`, `irregular`; and for how many days it is expected (`days_over`).

    Members: `summary`, how many items are in each state, whichever are asked for. Raises UnknownFilter and FilterError.
    """
    filters = filters or {}
    last = _last_checks(reader, filters)
    today = reader.viewpoint.as_of.astimezone(UTC).date()
    groups = reader.allowance.rows_of(
        reader.series("published", filters, query=_GROUPS, params={"today": today.isoformat()})
    )
    items = [_item(group, last.get((group["publisher"], group["metric"])), today) for group in groups]
    summary = {state: sum(item["state"] == state for item in items) for state in FRESHNESS_STATES}
    chosen = [item for item in items if item["state"] in states]
    chosen.sort(key=lambda item: (FRESHNESS_STATES.index(item["state"]), -(item["days_over"] or 0)))
    return Findings(chosen, {"summary": summary})


def _last_checks(reader: Reader, filters: Mapping[str, Value]) -> dict[tuple[str, str], Check]:
    """The last check that is about any source of what each publisher said of each metric."""
    last = LastChecks(checks_at(reader))
    if not last.any:
        return {}
    query = f", sources AS ({_SOURCES}) {last.query('publisher', 'metric')}"
    with reader.lending(looked=last.table()):
        found = reader.series("published", filters, query=query)
    return {(publisher, metric): last.check_at(place) for publisher, metric, place in reader.allowance.tuples_of(found)}


def _item(group: Mapping[str, Any], check: Check | None, today: date) -> Item:
    days: list[date] = group["days"] or []
    last: date = group["last_day"]
    gaps = sorted((after - before).days for before, after in pairwise(days))
    rhythm = len(days) >= DAYS_MIN
    every = gaps[(len(gaps) - 1) // 2] if rhythm else None
    mostly = gaps[-(-len(gaps) * _MOSTLY[0] // _MOSTLY[1]) - 1] if rhythm else None
    expected = last + timedelta(days=every) if every is not None else None
    overdue = last + timedelta(days=mostly + 1) if mostly is not None else None
    return {
        "publisher": group["publisher"],
        "metric": group["metric"],
        "state": _state(group, check, expected, overdue, today),
        "days_over": None if expected is None else max((today - expected).days, 0),
        "last_published_on": last.isoformat(),
        "publications": len(days),
        "figures": group["figures"],
        "statements": group["statements"],
        "every_days": every,
        "mostly_within_days": mostly,
        "expected_on": expected and expected.isoformat(),
        "overdue_from": overdue and overdue.isoformat(),
        "last_checked_at": check and check.checked_at,
        "last_found": check and check.found,
        "last_check": check and check.event_id,
        "last_retrieved_on": group["retrieved"],
        "reasons": {} if rhythm else dict.fromkeys(_OF_RHYTHM, f"published on fewer than {DAYS_MIN} days"),
    }


_OF_RHYTHM = ("days_over", "every_days", "mostly_within_days", "expected_on", "overdue_from")


def _state(
    group: Mapping[str, Any], check: Check | None, expected: date | None, overdue: date | None, today: date
) -> str:
    if check is not None and check.found != "unchanged" and check.position > group["position"]:
        return check.found
    if expected is None or overdue is None:
        return "irregular"
    if today <= expected:
        return "current"
    if today < overdue:
        return "due"
    looked = max(check.until.astimezone(UTC).date() if check else date.min, _day(group["retrieved"]))
    return "late" if looked >= expected else "overdue"


def _day(text: str | None) -> date:
    return date.fromisoformat(text) if text else date.min
