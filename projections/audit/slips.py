"""Slips: how often and how far the dates that publishers stated of transitions moved.

A plant that was to be commissioned in January 2027, and is now to be in June 2028, slipped once, by 517 days. One row
is a transition and a publisher that dated it. What has not happened yet may slip further: it is counted (*censored*),
and not put into the means.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from projections.audit.findings import Item
from projections.audit.revisions.revisions import GROUPS_MAX
from projections.catalogue import CATALOGUE
from projections.queries.filter_values import FilterError, Value
from projections.queries.reader import Reader
from projections.queries.transition_types import things_of
from projections.sql_text import quoted, sql

SLIP_GROUPS = ("publisher", "transition", "part", "stage", "lead_time", "year")
"""What statistics can be grouped by. `year` is that of the first stated date, `lead_time` how long before it that was
published."""
_LEAD_TIME = (
    "CASE WHEN lead_days <= 0 THEN 'afterwards' WHEN lead_days <= 366 THEN 'up to 1 year' "
    "WHEN lead_days <= 731 THEN 'up to 2 years' WHEN lead_days <= 1827 THEN 'up to 5 years' ELSE 'over 5 years' END"
)
_SHARES = {"share_upward": "share_late", "share_downward": "share_early", "share_unchanged": "share_on_time"}
_STATEMENTS = ("statements", "lead_days", "first_published_at", "published_at", "event_id", "position")


class Slips:
    """The slips of the things of a resource that filters select."""

    COLUMNS = (
        *("part", "transition", "publisher", "first_effective_from", "effective_from", "restated", "shift_days"),
        "happened",
    )
    """What is said of a slip, besides its thing, and its statements."""

    def __init__(self, reader: Reader, resource: str, filters: Mapping[str, Value]) -> None:
        self._reader = reader
        self._projection = CATALOGUE[resource]
        family = reader.families[self._projection.family]
        self._thing = things_of(family)
        self.has_stages = any(column.name == "stage" for column in family.columns)
        publishers = filters.get("publisher")
        self._filters = {name: value for name, value in filters.items() if name != "publisher"}
        self._params: dict[str, Any] = {}
        only = ""
        if publishers:
            named = [publishers] if isinstance(publishers, str) else list(publishers)
            self._params["slips_of"] = [reader.names.kept(one) for text in named for one in text.split(",")]
            only = "WHERE LIST_CONTAINS($slips_of, publisher)"
        of_part = family.classes[0].part == "stage"
        self._text = sql("audit/slips.sql").format(
            family=family.name,
            thing=", ".join(map(quoted, self._thing)),
            shown=", ".join(f"NULLIF({name}, '') AS {name}" for name in map(quoted, self._thing)),
            stage="NULLIF(of_part, '')" if of_part else "stage" if self.has_stages else "CAST(NULL AS VARCHAR)",
            only=only,
        )

    def items(self, *, limit: int, offset: int = 0) -> pa.Table:
        """Some of the slips, in the order of their things and then of their dates."""
        return self._reader.tellings_chosen(
            self._projection, self._filters, f"{self._listed()} LIMIT {limit:d} OFFSET {offset:d}", self._params
        )

    def parts(self, *, offset: int = 0) -> Iterator[pa.Table]:
        """All of them from an offset on, some at a time."""
        return self._reader.tellings_in_parts(
            self._projection, self._filters, f"{self._listed()} OFFSET {offset:d}", self._params
        )

    def summaries(self, by: Sequence[str] = ()) -> list[Item]:
        """What is measured of all of them, or of each group. Raises FilterError for more than 1,000 groups.

        `transitions` are the rows, `restated` those of which a date moved, `settled` those that have happened, `ahead`
        those whose date is still to come, `unconfirmed` those whose date is past and of which nobody has spoken since;
        `undetermined` are settled ones with dates too coarse to tell. The statistics are of the `shift_days` of the
        others that are settled, in the order of their dates: see `of_revisions`.
        """
        groups = [f"{_LEAD_TIME} AS lead_time" if name == "lead_time" else name for name in by]
        keys = ", ".join(map(quoted, by))
        order = ", ".join(f"{quoted(name)} NULLS FIRST" for name in by)
        query = (
            f", grouped AS (SELECT *{''.join(f', {one}' for one in groups if ' AS ' in one)} FROM slips) "
            f"SELECT {keys + ', ' if by else ''}COUNT(*) AS transitions, "
            "COUNT(*) FILTER (WHERE restated > 0) AS restated, COUNT(*) FILTER (WHERE happened) AS settled, "
            "COUNT(*) FILTER (WHERE is_ahead) AS ahead, "
            "COUNT(*) FILTER (WHERE NOT is_ahead AND NOT happened) AS unconfirmed, "
            "COUNT(*) FILTER (WHERE happened AND shift_days IS NULL) AS undetermined, "
            "LIST(shift_days ORDER BY starts, position) FILTER (WHERE happened AND shift_days IS NOT NULL) AS shifts "
            f"FROM grouped {f'GROUP BY {keys} ORDER BY {order} LIMIT {GROUPS_MAX + 1}' if by else ''}"
        )
        table = self._reader.tellings_chosen(self._projection, self._filters, self._text + query, self._params)
        if len(table) > GROUPS_MAX:
            raise FilterError("by", f"there are more than {GROUPS_MAX} groups: group by less, or filter")
        return [self._summary(table, row) for row in self._reader.allowance.each(range(len(table)))]

    def _summary(self, table: pa.Table, row: int) -> Item:
        # Here, and not above: scipy and statsmodels take a second to import, which no other question should pay for.
        from projections.audit.revisions.statistics import of_revisions

        counted = {name: table[name][row].as_py() for name in table.column_names if name != "shifts"}
        shifts = table["shifts"][row].values
        measured = of_revisions([] if shifts is None else shifts.to_numpy(zero_copy_only=False))
        named = {_SHARES.get(name, name): value for name, value in measured.items() if name != "reasons"}
        reasons = {
            _SHARES.get(name, name): why.replace("revision", "shift") for name, why in measured["reasons"].items()
        }
        return {**counted, **named, "reasons": reasons}

    def _listed(self) -> str:
        order = ", ".join(
            f"{quoted(name)} NULLS FIRST" for name in (*self._thing, "part", "starts", "publisher", "position")
        )
        shown = ", ".join(map(quoted, (*self._thing, *self.COLUMNS, *_STATEMENTS)))
        return f"{self._text} SELECT {shown} FROM slips ORDER BY {order}"
