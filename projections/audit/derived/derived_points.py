"""Derived points: what derived figures amounted to, each at a viewpoint of its own.

In a table of questions (`projections.queries.question_table`) a metric that publishers state is theirs. A row of whose
metric nobody had stated anything by its position, and which is defined by a formula there, is answered with the derived
figure that its words fit. Rows of one position are answered together: the inputs are followed once over publication,
and each row looks up where it stands. What is a part of what may be another at each viewpoint, so formulas that count
it are counted out viewpoint by viewpoint.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ledger import QuantityError
from ledger.values import canonical, parse_moment, unit
from projections.audit.derived.bound_formulas import BoundFormula
from projections.audit.derived.derived_figures import WEAKEST_STATUSES, formulas, weakest
from projections.audit.derived.derived_metrics import Definition, definitions_in_force
from projections.audit.derived.derived_vintages import derived_steps
from projections.audit.derived.place_filters import PlaceFilters, needs_parts
from projections.audit.derived.places import Place
from projections.audit.derived.results import rounded_text
from projections.queries.filter_values import VALUES_MAX, Value
from projections.queries.inquiry import Inquiry
from projections.queries.point_answers import point_answers
from projections.queries.question_columns import DIMENSION, QuestionsRefused
from projections.queries.reader import Reader
from projections.viewpoint import Viewpoint

DERIVED_ROWS_MAX = 100_000
"""How many rows of a table may be about derived figures,"""
DERIVED_POSITIONS_MAX = 100
"""at how many positions of the ledger clock and of how many publishers, each counted together;"""
DERIVED_VIEWPOINTS_MAX = 200
"""and at how many viewpoints where the formula counts what is declared to be a part of what."""
_ASKED = """
SELECT points.*
FROM points
LEFT JOIN (
  SELECT metric, MIN(since) AS first
  FROM log.figures
  WHERE metric IN (SELECT metric FROM log.definitions)
  GROUP BY metric
) AS stated
  USING (metric)
WHERE metric IN (SELECT metric FROM log.definitions WHERE since <= $position)
  AND COALESCE(stated.first > held_at, TRUE)
  AND {no_figure}
ORDER BY row
"""


class _Rows(NamedTuple):
    """Rows that ask for a metric at one position, of one publisher or of all."""

    metric: str
    position: int
    publisher: str | None


class _Told(NamedTuple):
    """What a derived figure amounts to somewhere, and how often it had been revised by then, if that was followed."""

    formula: BoundFormula
    revisions: int | None = None


Questions = Sequence[Mapping[str, Any]]


def answered_points(inquiry: Inquiry, questions: pa.Table, viewpoint: Viewpoint) -> pa.Table:
    """The answers to a table of questions about figures, derived ones too, each at a viewpoint of its own, in order.

    See `projections.queries.point_answers`. No row is answered with what was recorded after `viewpoint`. Raises
    QuestionsRefused.
    """
    with inquiry.reader(viewpoint) as reader:
        answers = point_answers(reader, inquiry.ledger, questions)
        if "metric" not in questions.column_names or questions["metric"].null_count == len(questions):
            return answers
        rows = _asked(reader, questions)
        found = {number: answer for some in rows.items() for number, answer in _answers(reader, *some)}
        return _filled(answers, found) if found else answers


def _asked(reader: Reader, questions: pa.Table) -> dict[_Rows, list[dict[str, Any]]]:
    """The rows that are about derived figures. Raises QuestionsRefused where they are too many."""
    has_ids = "figure_id" in questions.column_names and questions["figure_id"].null_count < len(questions)
    table = reader.table(_ASKED.format(no_figure="figure_id IS NULL" if has_ids else "TRUE"), {})
    if len(table) > DERIVED_ROWS_MAX:
        raise _refused(
            table, f"{len(table):,} rows are about derived figures, and {DERIVED_ROWS_MAX:,} are answered at once"
        )
    rows: dict[_Rows, list[dict[str, Any]]] = defaultdict(list)
    for one in reader.allowance.each(table.to_pylist()):
        rows[_Rows(one["metric"], one["held_at"], one.get("publisher"))].append(one)
    if len(rows) > DERIVED_POSITIONS_MAX:
        detail = (
            f"rows about derived figures are at {len(rows):,} different positions of the ledger, or of as many metrics "
            f"and publishers; {DERIVED_POSITIONS_MAX} are answered at once"
        )
        raise _refused(table, detail)
    return rows


def _refused(table: pa.Table, detail: str) -> QuestionsRefused:
    row = table["row"][0].as_py()
    fault = {"row": row, "pointer": "/metric", "rule": "too_many", "detail": f"{detail}: send them in several tables"}
    return QuestionsRefused([fault], 1)


def _answers(reader: Reader, of: _Rows, rows: Questions) -> Iterator[tuple[int, dict[str, Any]]]:
    """The answers to some rows, by their numbers; rows to which there is none are left out."""
    there = replace(reader.viewpoint, position=of.position, as_of=_instant(max(row["as_of"] for row in rows)))
    for definition in definitions_in_force(reader.at(there), [of.metric]):
        found = _by_viewpoint if needs_parts(definition.inputs) else _over_time
        for row, told in found(reader, there, definition, of, rows):
            yield row["row"], {"found": False, "reason": "several_figures"} if len(told) > 1 else _answer(told[0])


def _over_time(
    reader: Reader, there: Viewpoint, definition: Definition, of: _Rows, rows: Questions
) -> Iterator[tuple[Mapping[str, Any], list[_Told]]]:
    """Each row with what fits it, from one walk over publication."""
    histories: dict[Place, tuple[list[datetime], list[_Told | None]]] = {}
    for place, steps in derived_steps(reader.at(there), _filters(of, rows), definition.metric):
        times, told, before, revisions = [], list[_Told | None](), None, 0
        for at, formula in steps:
            value = None if formula is None else formula.value
            revisions += before is not None and value is not None and value != before
            before = value
            times.append(at)
            told.append(None if formula is None or value is None else _Told(formula, revisions))
        histories[place] = times, told
    fitting: dict[int, list[Place]] = {}
    for row in reader.allowance.each(rows):
        if row["key"] not in fitting:
            fitting[row["key"]] = [place for place in histories if _fits(place, row)]
        found = []
        for place in fitting[row["key"]]:
            times, told = histories[place]
            last = bisect_right(times, row["as_of"]) - 1
            found += [one for one in told[last : last + 1] if last >= 0 and one is not None]
        if found:
            yield row, found


def _by_viewpoint(
    reader: Reader, there: Viewpoint, definition: Definition, of: _Rows, rows: Questions
) -> Iterator[tuple[Mapping[str, Any], list[_Told]]]:
    """The same, counted out at every viewpoint. Raises QuestionsRefused where these are too many."""
    together: dict[datetime, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        together[row["as_of"]].append(row)
    if len(together) > DERIVED_VIEWPOINTS_MAX:
        detail = (
            f"{definition.metric} counts what is declared to be a part of what, and is asked for at {len(together):,} "
            f"moments; {DERIVED_VIEWPOINTS_MAX} are answered at once"
        )
        raise _refused(pa.table({"row": [rows[0]["row"]]}), detail)
    for as_of, some in together.items():
        at = reader.at(replace(there, as_of=_instant(as_of), effective_at=_instant(as_of)))
        chosen = PlaceFilters(at, _filters(of, some))
        known = [
            (place, _Told(formula))
            for place, formula, _ in formulas(at, chosen, [definition.metric])
            if formula.value is not None
        ]
        for row in reader.allowance.each(some):
            if found := [told for place, told in known if _fits(place, row)]:
                yield row, found


def _filters(of: _Rows, rows: Questions) -> dict[str, Value]:
    """The filters that select what some rows ask for, and perhaps more."""
    subjects = sorted({row["subject"] for row in rows})
    return {
        **({"subject": subjects} if len(subjects) <= VALUES_MAX else {}),
        **({} if of.publisher is None else {"publisher": [of.publisher]}),
    }


def _fits(place: Place, row: Mapping[str, Any]) -> bool:
    """Whether a place is what the words of a row say, as far as they say something."""
    dimensions = dict(place.dimensions)
    said = {name: value for name, value in row.items() if value is not None}
    return all(
        value == (dimensions.get(name.removeprefix(DIMENSION)) if name.startswith(DIMENSION) else getattr(place, name))
        for name, value in said.items()
        if name.startswith(DIMENSION) or name in Place._fields
    )


def _answer(told: _Told) -> dict[str, Any]:
    """A derived figure as the answer to a row."""
    formula, definition = told.formula, told.formula.definition
    rows = [answer.row for answer in formula.answers()]
    publishers = {row["publisher"] for row in rows}
    value = rounded_text(formula.value, definition.decimals)
    published = [row["published_at"] for row in rows if row["published_at"] is not None]
    return {
        "found": True,
        "reason": None,
        "value": value,
        "unit": definition.unit,
        "canonical_value": _canonical(value, definition.unit),
        "canonical_unit": unit(definition.unit).canonical,
        "publisher": publishers.pop() if len(publishers) == 1 else None,
        "status": weakest(WEAKEST_STATUSES, (row["status"] for row in rows)),
        "revisions": told.revisions,
        "event_id": definition.event_id,
        "published_at": max(published, key=_end) if len(published) == len(rows) > 0 else None,
    }


def _end(published_at: str) -> datetime:
    return parse_moment(published_at).end


def _canonical(value: str | None, unit_name: str) -> Decimal | None:
    try:
        return None if value is None else canonical(Decimal(value), unit_name)
    except QuantityError:
        return None


def _filled(answers: pa.Table, found: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    """The answers with those that were found, by the number of their row."""
    numbers = sorted(found)
    mask = pc.is_in(pa.array(range(1, len(answers) + 1), pa.int64()), pa.array(numbers, pa.int64()))
    columns = []
    for name, column in zip(answers.column_names, answers.columns, strict=True):
        values = pa.array([found[number].get(name) for number in numbers], column.type)
        columns.append(pc.replace_with_mask(column.combine_chunks(), mask, values))
    return pa.table(columns, names=answers.column_names)


def _instant(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
