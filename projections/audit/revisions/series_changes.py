"""Changes of all series at once: what is counted and measured of each, found in SQL.

Floating point tells nearly every change for what it is. A series of which it cannot tell all (`is_close`) is left to
the exact rules of `projections.audit.revisions.change_kinds`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ledger.values import unit
from projections.audit.revisions.accuracy import Options
from projections.audit.revisions.notices import CHANGE, MEANING, REDEFINED, Notices
from projections.audit.revisions.table_factors import FIGURES_MIN, SHARE, TABLE, Factors
from projections.audit.revisions.unit_relabels import COMPANY, DIGITS_MIN, MASS_RATIOS, is_by_mass
from projections.catalogue import SERIES
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.sql_text import quoted, sections

KEYS = ("subject", "metric", "material", "nature", "period_start", "period_end", "canonical_unit", "dimensions")
NEAR_RATIO = 1e-9
_FILE = "audit/revisions/series_changes.sql"


class SeriesChanges:
    """The series that filters select, and what is asked of them."""

    def __init__(self, reader: Reader, filters: Mapping[str, Value], notices: Notices) -> None:
        self._reader, self._filters, self._notices = reader, filters, notices

    def rescaled(self, filters: Mapping[str, Value]) -> pa.Table:
        """The tables that may have been rescaled, and when, among the series that these filters select."""
        text = sections(_FILE)["rescaled"].format(figures_min=FIGURES_MIN, share=float(SHARE))
        return self._ask(text, filters, sections(_FILE)["vintages"] + ",\n", {})

    def moved_together(self, filters: Mapping[str, Value]) -> pa.Table:
        """The figures that may have moved by the factor of a unit in company, among the series that filters select:
        `subject`, `figure_id`, `publisher`, and how many `vintages` there are of it.
        """
        text = sections(_FILE)["moved_together"].format(
            allowed=_ALLOWED, may_be_relabelled=_MAY_BE_RELABELLED, company=COMPANY
        )
        return self._ask(text, filters, sections(_FILE)["vintages"] + "\n", {})

    def all(self, options: Options, factors: Factors) -> pa.Table:
        """What is measured of each series, in their order."""
        beside, params = [], dict(self._by_notices())
        redefined = in_error = rescaled = "FALSE"
        if params:
            beside += [
                _AS_OF.format(name=name, column=column, redefines=redefines) for name, column, redefines in _ABOUT
            ]
            redefined, in_error = _any_of("publisher", "subject", "material"), _any_of("error")
        if factors:
            beside.append(_RESCALED)
            rescaled = "rescaled.rescaled_until IS NOT NULL"
            columns = zip(*factors, strict=True)
            params |= {
                f"rescaled_{name}": list(values) for name, values in zip((*TABLE, "until"), columns, strict=True)
            }
        params |= {
            "tolerance": float(options.tolerance) / 100,
        }
        text = sections(_FILE)["series"].format(
            beside="\n  ".join(beside),
            is_redefined=redefined,
            is_in_error=in_error,
            is_rescaled=rescaled,
            may_redefine=_MAY_REDEFINE,
            may_be_relabelled=_MAY_BE_RELABELLED,
            allowed=_ALLOWED,
            coarse=_COARSE,
            any_keys=",\n  ".join(f"ANY_VALUE({name}) AS {name}" for name in KEYS),
            is_close=" OR ".join(_carried_over(options)) or "FALSE",
            horizons=",\n    ".join(_horizons(options)),
            values=",\n  ".join(_values(options)),
        )
        order = " ORDER BY " + ", ".join(f"{quoted(name)} NULLS FIRST" for name in SERIES.order[:-2])
        return self._ask(text, self._filters, self._clauses(params), params, order)

    def _ask(
        self, text: str, filters: Mapping[str, Value], clauses: str, params: dict[str, Any], order: str = ""
    ) -> pa.Table:
        units = self._reader.series("published", filters, query="SELECT DISTINCT unit, canonical_unit FROM chosen")
        names = sorted({name for name in units["unit"].to_pylist() if name is not None})
        by_mass = [name for name in dict.fromkeys(units["canonical_unit"].to_pylist()) if name and is_by_mass(name)]
        known = {
            "unit_names": names,
            "unit_factors": [float(unit(name).factor) for name in names],
            "by_mass": by_mass,
            **params,
        }
        query = f"SELECT * FROM (WITH {sections(_FILE)['entries']},\n{clauses}{text}){order}"
        return self._reader.series("published", filters, query=query, params=known)

    def _by_notices(self) -> Iterator[tuple[str, Any]]:
        told = list(self._notices.told())
        if told:
            for place, name in enumerate(("slug", "redefines", "until")):
                yield f"notice_{name}", [one[place] for one in told]

    @staticmethod
    def _clauses(params: Mapping[str, Any]) -> str:
        clauses = ""
        if "notice_slug" in params:
            clauses += _NOTICES
        if "rescaled_until" in params:
            columns = (f"UNNEST(CAST($rescaled_{name} AS VARCHAR[])) AS {name}" for name in TABLE)
            until = "UNNEST(CAST($rescaled_until AS TIMESTAMP[])) AS rescaled_until"
            clauses += f"rescaled AS (SELECT {', '.join(columns)}, {until}),\n"
        return clauses


def horizon(months: int) -> str:
    """The column that has what was known so many months after the end of the period."""
    return f"{months}m"


def release(number: int) -> str:
    """The column that has what the n-th release said."""
    return f"release_{number}"


def _values(options: Options) -> Iterator[str]:
    """The values that are compared, as columns."""
    yield "ANY_VALUE(canonical_value) FILTER (WHERE next_until IS NULL) AS latest"
    for number in sorted({1, *options.releases}):
        yield f"ANY_VALUE(canonical_value) FILTER (WHERE release = {number:d}) AS {release(number)}"
    for months in options.horizons:
        yield (
            f"ANY_VALUE(canonical_value) FILTER (WHERE stands AND published_until <= horizon_{months:d} "
            f"AND COALESCE(next_until > horizon_{months:d}, TRUE)) AS {quoted(horizon(months))}"
        )


def _horizons(options: Options) -> Iterator[str]:
    yield "period_end AS of_period_end"
    for months in options.horizons:
        seen_at = f"months_after(period_end, {months:d})"
        yield f"CASE WHEN {seen_at} <= CAST($as_of AS TIMESTAMP) THEN {seen_at} END AS horizon_{months:d}"


def _carried_over(options: Options) -> Iterator[str]:
    """The kinds of change that are not counted and put what was said before them on another scale."""
    for kind in ("rounding", "substantial"):
        if kind not in options.kinds:
            yield f"kind = '{kind}'"


_NOTICES = """notices AS (
  SELECT
    UNNEST(CAST($notice_slug AS VARCHAR[])) AS slug,
    UNNEST(CAST($notice_redefines AS BOOLEAN[])) AS redefines,
    UNNEST(CAST($notice_until AS TIMESTAMP[])) AS noticed_until
),
"""
_ABOUT = (
    ("publisher", "publisher", "redefines"),
    ("subject", "subject", "redefines"),
    ("material", "material", "redefines"),
    ("error", "publisher", "NOT redefines"),
)
_AS_OF = """ASOF LEFT JOIN (SELECT slug, noticed_until FROM notices WHERE {redefines}) AS of_{name}
    ON of_{name}.slug = entries.{column}
    AND of_{name}.noticed_until <= entries.published_until"""
_RESCALED = "LEFT JOIN rescaled ON rescaled.rescaled_until = entries.published_until AND " + " AND ".join(
    f"rescaled.{name} IS NOT DISTINCT FROM entries.{name}" for name in TABLE
)


def _any_of(*names: str) -> str:
    found = (f"COALESCE(of_{name}.noticed_until > entries.until_before, FALSE)" for name in names)
    return f"({' OR '.join(found)})"


def _one_of(words: frozenset[str]) -> str:
    return f"REGEXP_MATCHES(LOWER(note), '{'|'.join(sorted(words))}')"


_MAY_REDEFINE = f"({_one_of(REDEFINED)} OR ({_one_of(MEANING)} AND {_one_of(CHANGE)}))"
"""Whether a note may speak of another definition (`notices.speaks_of_redefinition`): it has the words."""


def _ratio_logs() -> Sequence[float]:
    """Of the ratios that tell of another unit, the decimal logarithms less their nearest whole numbers; 0 is that of a
    power of ten.
    """
    logs = (math.log10(ratio) for ratio in MASS_RATIOS)
    return sorted({0.0, *(round(one - round(one), 12) for one in logs)})


def _significance(value: str, factor: str) -> tuple[str, str]:
    """(how many digits of a printed value are significant, half a unit of the last of them)."""
    digits = f"LTRIM(REPLACE(LTRIM({value}, '-'), '.', ''), '0')"
    count = f"CASE WHEN CONTAINS({value}, '.') THEN LENGTH({digits}) ELSE LENGTH(RTRIM({digits}, '0')) END"
    exponent = f"LENGTH({digits}) - ({count}) - LENGTH(SPLIT_PART({value}, '.', 2))"
    return count, f"0.5 * {factor} * POW(CAST(10 AS DOUBLE), {exponent})"


def _allowed() -> str:
    """How far the ratio of two points, as a part of it, may be off the ratio of two units that print the same."""
    (digits, off), (digits_before, off_before) = (
        _significance("value", "factor"),
        _significance("value_before", "factor_before"),
    )
    wide = f"1.05 * GREATEST({off} / ABS(now), {off_before} / ABS(before))"
    return f"CASE WHEN LEAST({digits}, {digits_before}) < {DIGITS_MIN} THEN 0 ELSE {wide} END + {NEAR_RATIO}"


def _coarse() -> str:
    """Half a unit of the last digit of the coarser of two points; zeros after three digits are none."""
    each = (("value", "factor", "off"), ("value_before", "factor_before", "off_before"))
    offs = []
    for value, factor, plain in each:
        digits, off = _significance(value, factor)
        offs.append(f"CASE WHEN {digits} < {DIGITS_MIN} THEN {plain} ELSE {off} END")
    return f"GREATEST({', '.join(offs)})"


def _may_be_relabelled() -> str:
    """Whether two points may be the same in two units: `change_kinds` tells, for the few that are as near as this."""
    near = f"ABS(ratio_log - {{log}} - ROUND(ratio_log - {{log}})) * {math.log(10)} <= allowed"
    by_mass = " OR ".join(near.format(log=log) for log in _RATIO_LOGS if log)
    of_ten = f"ROUND(ratio_log) <> 0 AND {near.format(log=0)}"
    return f"({of_ten}) OR (LIST_CONTAINS(CAST($by_mass AS VARCHAR[]), canonical_unit) AND ({by_mass}))"


_RATIO_LOGS = _ratio_logs()
_ALLOWED = _allowed()
_COARSE = _coarse()
_MAY_BE_RELABELLED = _may_be_relabelled()
