"""Growth that should hold: a stated rate of change, beside the one that the levels make.

"+38 %" can be checked where it is said what it is against: `compared_with`, a period. The levels are the figures of the
same subject, material, dimensions and nature, whose metric is that of the growth without `_change` or `_growth`: of a
`production_change` the `production` of its period and of the period that it is compared with. Of each, the publisher of
the growth says the level where it says both; else whoever would answer for it: a newspaper repeats a rate, and the
company's reports have the tonnes.

For example, 2,080 t after 1,509 t are +37.8396 %, and +38 % is that, rounded.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product

from ledger import CalendarError
from ledger.values import half_even, is_fiscal, parse_period
from projections.audit.findings import Item
from projections.audit.last_words import TOTAL, Key, Said, as_missing, as_part, said_last, verdict_of
from projections.queries.filter_values import Value
from projections.queries.reader import Reader

SUFFIXES = ("_change", "_growth")
"""What a rate of change is called after its level."""
_RATE = "percent"


def level_of(metric: str) -> str | None:
    """The metric of the levels that a rate of change is of; None where the metric is none of a rate."""
    return next((metric.removesuffix(end) for end in SUFFIXES if metric.endswith(end) and metric != end), None)


def growths_in(selected: Iterable[Said]) -> list[Said]:
    """The rates of change that say what they are against."""
    return [
        said
        for said in selected
        if said.row["compared_with"] and said.period and said.row["canonical_unit"] == _RATE and level_of(_metric(said))
    ]


class Levels:
    """All that may be a level of rates of change: what publishers say last of it."""

    def __init__(self, reader: Reader, growths: Sequence[Said], *, filter_values_max: int) -> None:
        fiscal = {said.subject for said in growths if is_fiscal(said.row["compared_with"])}
        self._ranking = reader.ranking
        self._slugs = {subject: reader.names.slugs_of(subject) for subject in fiscal}
        named = sorted({slug for slugs in self._slugs.values() for slug in slugs})
        self._fiscal_years = reader.names.fiscal_years(named) if named else {}
        self._said: dict[Key, dict[str, dict[str, Said]]] = {}
        """By figure without unit: by unit, by publisher."""
        self._first: dict[tuple[Key, str], Said] = {}
        """By figure: what whoever comes first says."""
        wanted = {
            "metric": sorted({level for said in growths if (level := level_of(_metric(said)))}),
            "subject": sorted({said.subject for said in growths}),
        }
        filters: dict[str, Value] = {name: found for name, found in wanted.items() if len(found) <= filter_values_max}
        for said in said_last(reader, filters) if growths else ():
            key = (said.subject, *said.rest[1:4], said.row["dimensions"], said.period)
            unit, publisher = said.row["canonical_unit"], said.row["publisher"]
            self._said.setdefault(key, {}).setdefault(unit, {})[publisher] = said
            first = self._first.setdefault((key, unit), said)
            if self._rank(said) > self._rank(first):
                self._first[key, unit] = said

    def _rank(self, said: Said) -> Key:
        """Who comes first: as for the answer to a figure."""
        row = said.row
        preferred = self._ranking.ranks(_metric(said)).get(row["publisher"], 0)
        return (preferred, row["source_kind"] != "secondary", row["published_until"], row["position"])

    def beside(self, growth: Said) -> Item:
        """The finding on a rate of change."""
        against = growth.row["compared_with"]
        _, metric, material, nature, _ = growth.rest
        key = (growth.subject, level_of(metric), material, nature, growth.row["dimensions"])
        now, base = self._of_both((*key, growth.period), (*key, self._days(growth)), growth)
        return _compared(growth, (growth.row["period"], now), (against, base))

    def _of_both(self, now: Key, base: Key, growth: Said) -> tuple[Said | None, Said | None]:
        """Both levels, in one unit, of the publisher itself where it says both."""
        there, before = self._said.get(now, {}), self._said.get(base, {})
        own = growth.row["publisher"]
        units = sorted(there.keys() & before.keys()) or sorted(there) or sorted(before)
        for unit in units:
            if own in there.get(unit, ()) and own in before.get(unit, ()):
                return there[unit][own], before[unit][own]
        return next(((self._first.get((now, unit)), self._first.get((base, unit))) for unit in units), (None, None))

    def _days(self, growth: Said) -> Key | None:
        """The first and last day of the period that a growth is against; None of a fiscal one of a subject without such
        a year.

        A fiscal year is that of the subject as it was named, so where slugs were merged it is the one by which the
        period of the growth itself was read.
        """
        years = list(dict.fromkeys(self._fiscal_years.get(slug) for slug in self._slugs.get(growth.subject, ())))
        own = growth.row["period"]
        if is_fiscal(own):
            years = [year for year in years if _days_of(own, year) == growth.period]
        read = (_days_of(growth.row["compared_with"], year) for year in years or [None])
        return next((days for days in read if days is not None), None)


def _days_of(printed: str, fiscal_year: str | None) -> Key | None:
    """The first and last day of a period, where it is one of this fiscal year."""
    try:
        days = parse_period(printed, fiscal_year)
    except CalendarError:
        return None
    return days.start.isoformat(), days.end.isoformat()


def _metric(said: Said) -> str:
    return str(said.row["metric"])


def _compared(growth: Said, now: tuple[str, Said | None], against: tuple[str, Said | None]) -> Item:
    """The finding on a rate and its two levels, of which the later is `now`; there is no rate against nothing."""
    level = now[1] if now[1] is not None and now[1].point is not None else None
    base = against[1] if against[1] is not None and against[1].point else None
    made = gap = rounding = at_most = None
    verdict = "incomplete"
    if level is not None and base is not None:
        made = _rate(_exact(level), _exact(base))
        if growth.point is not None:
            gap = Fraction(growth.point) - made
            rounding, at_most = (_apart(growth, level, base, place) for place in (0, 1))
            verdict = verdict_of(abs(gap), rounding=rounding, at_most=at_most)
    parts = [(now[0], level), (against[0], base)]
    missing = [] if growth.point is not None else [as_missing(_metric(growth), growth)]
    missing += [as_missing(*one) for one, there in ((now, level), (against, base)) if there is None]
    return {
        **{column: growth.row[column] for column in TOTAL},
        "dimensions": dict(growth.dimensions) or None,
        "unit": growth.row["canonical_unit"],
        "publisher": growth.row["publisher"],
        "published_at": growth.row["published_at"],
        "event_id": growth.row["event_id"],
        "by": "growth",
        "dimension": None,
        "tiled_by": None,
        "total": growth.row["canonical_value"],
        "parts_sum": _shown(made),
        "gap": _shown(gap),
        "gap_percent": None,
        "rounding": _shown(rounding),
        "rounding_at_most": _shown(at_most),
        "verdict": verdict,
        "finding": verdict == "gap",
        "parts": [{**as_part(name, said), "publisher": said.row["publisher"]} for name, said in parts if said],
        "missing": missing,
    }


def _exact(said: Said) -> Fraction:
    return Fraction(said.point or 0)


def _rate(level: Fraction, base: Fraction) -> Fraction:
    """By how many percent a level is above another."""
    return (level - base) / abs(base) * 100


def _apart(growth: Said, level: Said, base: Said, place: int) -> Fraction:
    """How far rounding may put a stated rate and that of its levels apart.

    `place` says which digits were rounded: 0, the last that is printed; 1, the last that is no zero. Half of either is
    less than the number, so that a base is never nothing.
    """
    halves = [Fraction(said.rounding()[place]) for said in (level, base)]
    (lowest, highest), (least, most) = (
        (_exact(said) - half, _exact(said) + half) for said, half in zip((level, base), halves, strict=True)
    )
    made = _rate(_exact(level), _exact(base))
    corners = (_rate(one, other) for one, other in product((lowest, highest), (least, most)))
    return max(abs(corner - made) for corner in corners) + Fraction(growth.rounding()[place])


def _shown(number: Fraction | None) -> str | None:
    """Percentage points at 4 decimals."""
    return None if number is None else f"{half_even(number):.4f}"
