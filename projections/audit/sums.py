"""Sums that should hold: a total that a publisher states, beside the sum of the parts that it states itself.

A total has parts in three ways, each of them declared and none guessed (`projections.audit.declared_parts`):

- *subject*: the figure of an entity, and those of the entities that are `part_of` it (the world and its countries);
- *period*: the flow over a period, and those over shorter periods that tile it exactly (a year and its quarters); what
  is a flow, the type of the event says;
- *dimension*: the figure over all values of a dimension, and those for each value (a full year's quota, its batches).

A rate of growth is checked beside them, against its two levels (`projections.audit.growths`).

Everything else of the key is the same for the total and its parts. What is compared is what the publisher says last of
each at the viewpoint; a total of whose parts it says nothing at all is no finding of this question.

The verdict: `incomplete`, where the total or a declared part is no number; else by the gap, total - sum: `equal`
(none), `rounding` (no larger than half a unit of the last printed digits of the total and of each part together),
`perhaps_rounding` (no larger than what zeros at the end of whole numbers may hide, see `_at_most`), and `gap`.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from ledger.values import EXACT, percent_of, unit
from projections.audit.declared_parts import WHOLES, adds_up, batches_declared, parts_of_subjects
from projections.audit.findings import Findings, Item
from projections.audit.growths import Levels, growths_in
from projections.audit.last_words import EDITION, TOTAL, Key, Said, as_missing, as_part, plainly, said_last, verdict_of
from projections.audit.tilings import Piece, name_of, tiling
from projections.queries.filter_values import Value
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.sql_text import quoted

WAYS = ("subject", "period", "dimension", "growth")
"""The ways in which a total has parts; a rate of growth has levels."""
VERDICTS = ("equal", "rounding", "perhaps_rounding", "gap", "incomplete")
_PRINTED_IN = ("publisher", "metric", "published_at")
"""What tells editions apart but for their units."""
_IN_EDITIONS = f"""SELECT DISTINCT CAST(figure_id AS VARCHAR) FROM log.figures
    WHERE {" AND ".join(f"LIST_CONTAINS(${name}, {name})" for name in _PRINTED_IN)} AND since <= $position"""
"""The figures of which something was ever said in some editions."""
FILTER_VALUES_MAX = 50
"""Parts are looked for by subject where these are no more; else among all subjects."""


@dataclass(frozen=True)
class Part:
    """A part that is declared: its name, and what is said of it, if anything."""

    name: str
    said: Said | None


@dataclass(frozen=True)
class Divided:
    """A total and its parts, `by` one of the ways; `name` is what the total is the whole of in that way."""

    total: Said
    parts: Sequence[Part]
    by: str
    name: str
    dimension: str | None = None
    tiled_by: str | None = None

    @property
    def points(self) -> Iterator[tuple[str, Said, Decimal]]:
        """The parts that are numbers: the name, what is said, the number."""
        for part in self.parts:
            if part.said is not None and part.said.point is not None:
                yield part.name, part.said, part.said.point


def sums(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    by: Collection[str] = WAYS,
    verdicts: Collection[str] = VERDICTS,
) -> Findings:
    """The totals that filters of a series select, each beside the sum of its parts, in the order of the totals; rates
    of growth after them.

    `gap` is total - parts_sum over the parts that are numbers, in the canonical unit; `gap_percent` is of |total|.
    Where parts are missing, `missing` names them, and what is said of them instead of a number. The member `summary`
    counts all verdicts, also those that `verdicts` leaves out. Raises UnknownFilter and FilterError.
    """
    selected = said_last(reader, filters or {})
    totals = [said for said in selected if adds_up(said.row["canonical_unit"])]
    subjects = parts_of_subjects(reader) if "subject" in by else {}
    around = _Around(
        said_last(reader, _where_parts_are(totals, subjects)) if filters and totals else selected, subjects
    )
    ways: dict[str, Callable[[Said], Iterator[Divided]]] = {
        "subject": around.by_subject,
        "period": around.by_period,
        "dimension": around.by_dimension,
    }
    growths = growths_in(selected) if "growth" in by else []
    levels = Levels(reader, growths, filter_values_max=FILTER_VALUES_MAX)
    with localcontext(EXACT):
        each = reader.allowance.each(totals)
        divided = [
            one
            for total in each
            for way in ways
            if way in by
            for one in ways[way](total)
            if any(part.said is not None for part in one.parts)
        ]
        finest = _finest(reader, divided)
        items = [_compared(one, finest) for one in reader.allowance.each(divided)]
        items += map(levels.beside, reader.allowance.each(growths))
    counts = Counter(item["verdict"] for item in items)
    summary = {verdict: counts[verdict] for verdict in VERDICTS}
    return Findings([item for item in items if item["verdict"] in verdicts], {"summary": summary})


class _Around:
    """All that may be a part of a total: what publishers say last of the figures around it."""

    def __init__(self, around: Sequence[Said], subjects: Mapping[str, Sequence[str]]) -> None:
        self._subjects = subjects
        self._figures: dict[Key, Said] = {}
        self._periods: dict[Key, list[Said]] = {}
        self._values: dict[Key, dict[str, Said]] = {}
        for said in around:
            dimensions = said.row["dimensions"]
            self._figures[said.rest, said.subject, dimensions, said.period] = said
            if said.period:
                self._periods.setdefault((said.rest, said.subject, dimensions), []).append(said)
            for name, value in said.dimensions.items():
                self._values.setdefault(_but_for(said, name), {})[value] = said
        for series in self._periods.values():
            series.sort(key=lambda said: said.period or ("", ""))

    def by_subject(self, total: Said) -> Iterator[Divided]:
        """The total beside the figures of what is declared to be part of its subject."""
        slugs = self._subjects.get(total.subject, ())
        same = (total.row["dimensions"], total.period)
        parts = [Part(slug, self._figures.get((total.rest, slug, *same))) for slug in slugs]
        yield Divided(total, parts, by="subject", name=total.subject)

    def by_period(self, total: Said) -> Iterator[Divided]:
        """The total beside the shorter periods that tile its own best."""
        if total.period is None or not total.is_flow:
            return
        first, last = total.period
        series = self._periods[total.rest, total.subject, total.row["dimensions"]]
        start = bisect_left(series, first, key=lambda said: said.row["period_start"])
        end = bisect_right(series, last, key=lambda said: said.row["period_start"])
        shorter = [said for said in series[start:end] if said.row["period_end"] <= last and said.period != total.period]
        if not shorter:
            return
        pieces = tiling(date.fromisoformat(first), date.fromisoformat(last), [_piece(said) for said in shorter])
        parts = [Part(_days(piece) if piece.said is None else piece.said.row["period"], piece.said) for piece in pieces]
        yield Divided(total, parts, by="period", name=total.row["period"], tiled_by=name_of(pieces))

    def by_dimension(self, total: Said) -> Iterator[Divided]:
        """The total beside the figures for each value of a dimension that it is the whole of."""
        for name, whole in total.dimensions.items():
            if whole not in WHOLES:
                continue
            published = {
                value: said for value, said in self._values[_but_for(total, name)].items() if value not in WHOLES
            }
            declared = batches_declared(whole, published)
            values = [*declared, *sorted(published.keys() - set(declared))]
            parts = [Part(value, published.get(value)) for value in values]
            yield Divided(total, parts, by="dimension", name=whole, dimension=name)


def _compared(one: Divided, finest: Mapping[Key, Decimal]) -> Item:
    """The finding on a total and its parts, of one of which something is said."""
    total, points = one.total, list(one.points)
    numbers = [said for _, said, _ in points]
    missing = [
        as_missing(part.name, part.said)
        for part in (Part(one.name, total), *one.parts)
        if part.said is None or part.said.point is None
    ]
    parts_sum = sum((point for _, _, point in points), Decimal(0)) if points else None
    gap = rounding = at_most = percent = None
    verdict = "incomplete"
    if total.point is not None and parts_sum is not None:
        gap = total.point - parts_sum
        percent = percent_of(gap, total.point)
        rounding = sum((said.rounding()[0] for said in (total, *numbers)), Decimal(0))
        at_most = max(rounding, _at_most(total, numbers, finest))
        if not missing:
            verdict = verdict_of(abs(gap), rounding=rounding, at_most=at_most)
    return {
        **{column: total.row[column] for column in TOTAL},
        "dimensions": dict(total.dimensions) or None,
        "unit": total.row["canonical_unit"],
        "publisher": total.row["publisher"],
        "published_at": total.row["published_at"],
        "event_id": total.row["event_id"],
        "by": one.by,
        "dimension": one.dimension,
        "tiled_by": one.tiled_by,
        "total": total.row["canonical_value"],
        "parts_sum": plainly(parts_sum),
        "gap": plainly(gap),
        "gap_percent": None if percent is None else f"{percent:.4f}",
        "rounding": plainly(rounding),
        "rounding_at_most": plainly(at_most),
        "verdict": verdict,
        "finding": verdict == "gap",
        "parts": [as_part(name, said) for name, said, _ in points],
        "missing": missing,
    }


def _at_most(total: Said, parts: Sequence[Said], finest: Mapping[Key, Decimal]) -> Decimal:
    """How far rounding may put a total and the sum of its parts apart.

    A publisher that prints one number of an edition to the ton has not rounded another to the thousand, so each part is
    off by no more than half the finest digit that the editions in question show. Totals are rounded on purpose ("world
    total, rounded"): one is off by as much as the zeros at its end allow, two digits being meant.

    Of 376,000 and ten parts, where the finest digit of the edition is that of 10: 500 + 10 x 5.
    """
    shown = [finest[said.edition] for said in (total, *parts) if said.edition in finest]
    return total.rounding()[1] + (min(shown) / 2 * len(parts) if shown else 0)


def _finest(reader: Reader, divided: Iterable[Divided]) -> dict[Key, Decimal]:
    """The finest digit that is no zero at the end of any number of an edition, in the canonical unit, by `EDITION`; of
    the editions that totals and parts are of.
    """
    compared = [one for one in divided if one.total.point is not None and any(one.points)]
    editions = {said.edition for one in compared for said in (one.total, *(said for _, said, _ in one.points))}
    if not editions:
        return {}
    wanted = {name: sorted({edition[EDITION.index(name)] for edition in editions}) for name in _PRINTED_IN}
    filters: dict[str, Value] = {
        name: wanted[name] for name in ("metric", "publisher") if len(wanted[name]) <= FILTER_VALUES_MAX
    }
    few = all(len(values) <= FILTER_VALUES_MAX for values in wanted.values())
    figures = [figure_id for (figure_id,) in reader.ask(_IN_EDITIONS, **wanted)] if few else None
    zeros = "LENGTH(value) - LENGTH(RTRIM(value, '0'))"
    place = f"CASE WHEN CONTAINS(value, '.') THEN -LENGTH(SPLIT_PART(value, '.', 2)) ELSE {zeros} END"
    by = ", ".join(map(quoted, (*EDITION, "unit")))
    query = f"""SELECT {by}, MIN({place}) AS place FROM chosen
        WHERE next_until IS NULL AND NOT withdrawn AND canonical_value <> 0 GROUP BY {by}"""
    found: dict[Key, Decimal] = {}
    for row in reader.allowance.rows_of(presented(reader.series("vintages", filters, query=query, figures=figures))):
        digit = Decimal(1).scaleb(row["place"]) * unit(row["unit"]).factor
        edition = tuple(row[name] for name in EDITION)
        found[edition] = min(digit, found.get(edition, digit))
    return found


def _where_parts_are(totals: Iterable[Said], subjects: Mapping[str, Sequence[str]]) -> dict[str, Value]:
    """Filters that select all figures that may be parts of the totals."""
    wanted: dict[str, set[str]] = {"metric": set(), "publisher": set(), "subject": set()}
    for total in totals:
        for name, values in wanted.items():
            values.add(total.row[name])
        wanted["subject"].update(subjects.get(total.subject, ()))
    return {name: sorted(values) for name, values in wanted.items() if len(values) <= FILTER_VALUES_MAX}


def _but_for(said: Said, name: str) -> Key:
    """The figure's key and who says it, without the value of one dimension, whose name stands for it."""
    others = tuple(sorted((one, value) for one, value in said.dimensions.items() if one != name))
    return (said.rest, said.subject, said.period, name, others)


def _piece(said: Said) -> Piece[Said]:
    first, last = (date.fromisoformat(said.row[name]) for name in ("period_start", "period_end"))
    return Piece(first, last, said, said.point is not None)


def _days(piece: Piece[Said]) -> str:
    return f"{piece.start.isoformat()}/{piece.end.isoformat()}"
