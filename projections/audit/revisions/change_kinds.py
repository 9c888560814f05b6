"""What kind of change leads from one entry of a series to the next, and by which rule.

Not every revision is news. A figure printed with more digits, in another unit, or on another base year says the same
about the world. The kinds, of which the first that fits is taken:

- `status`: the same value, range or symbol with another status (estimated, then reported);
- `unit_relabel`: the same value printed in another unit; or another value that is the old one times a power of ten or
  the ratio of two units of mass, as happens when numbers and the unit above them part. A factor alone proves nothing (a
  plant may well make ten times as much): the unit that is printed changed with it, the whole table moved by it, or
  three figures of that publisher, metric and publication (`unit_relabels`);
- `unchanged`: a confirmation;
- `rescale`: one and the same factor over four fifths of the periods of a table in one vintage, as a new base year makes
  it (`table_factors`); the rest is judged against the rescaled value;
- `definition`: a recorded or noted change of what the figure means;
- `rounding`: the same value in the rounding of the coarser of the two: 49.5 and 49; 12,345 and 12,300, for zeros that
  follow three digits may be rounding too;
- `substantial`: anything else, a change to or from a range or symbol included; the rule `suspected_unit` where its
  factor is that of a unit.

What the numbers prove goes before what is said of them: a publisher's change of methodology bears on all that it
prints, a factor of a thousand on this number. A withdrawal, and what is published after one, is of no kind.
"""

from fractions import Fraction
from typing import NamedTuple

from projections.audit.revisions.notices import Notices, speaks_of_redefinition
from projections.audit.revisions.releases import Entry, Series
from projections.audit.revisions.table_factors import Factor, Factors, ratio, table_of
from projections.audit.revisions.unit_relabels import (
    COMPANY,
    DIGITS_MIN,
    MASS_RATIOS,
    Company,
    Relabel,
    is_by_mass,
    power_of_ten,
    relabel,
)

KINDS = ("unchanged", "status", "unit_relabel", "rescale", "definition", "rounding", "substantial")
SCALING = frozenset(("unit_relabel", "rescale", "definition"))
"""Kinds of change that put a figure on another scale: what was said before them is comparable by a factor."""


class Scale(NamedTuple):
    """What the table of a figure was multiplied by in a vintage in which the figure itself moved otherwise."""

    kind: str
    factor: Fraction


class Change(NamedTuple):
    """A kind, the rule that fired, the rule in words; and the scale on which it was judged, if that is another."""

    kind: str
    rule: str
    explanation: str
    scale: Scale | None = None


class Kinds:
    """Says of which kind changes are, by the factors of the tables in question (`table_factors.factors_of`) and by how
    many figures moved together (`unit_relabels.company_of`).
    """

    def __init__(self, factors: Factors, notices: Notices, company: Company | None = None) -> None:
        self._notices = notices
        self._factors = factors
        self._company: Company = company or {}

    def of(self, series: Series, before: Entry, after: Entry) -> Change | None:
        """The kind of the change between two entries of a series; None for withdrawals and what follows them."""
        if before.withdrawn or after.withdrawn:
            return None
        if before.said == after.said:
            return _same(before, after)
        if before.atoms is None or after.atoms is None:
            other_form = Change("substantial", "other_form", "to or from a range or symbol, or another one")
            return self._redefined(series, before, after) or other_form
        factor = self._factor(series, before, after)
        if factor is not None and (allowed := ratio(before, after)) and allowed.allows(factor.least, factor.most):
            return _of_a_table(factor, series)
        relabelled = relabel(before, after, series.key["canonical_unit"])
        if relabelled is not None and (company := self._told_of(relabelled, series, before, after)) is not None:
            return Change("unit_relabel", relabelled.rule, relabelled.explanation + company)
        return self._redefined(series, before, after) or _moved(series, before, after, factor, relabelled)

    def _factor(self, series: Series, before: Entry, after: Entry) -> Factor | None:
        """That of the table in the vintage of the later entry, where it is not the vintage of both."""
        if before.published_until == after.published_until:
            return None
        return self._factors.get((*table_of(series), after.published_until))

    def _told_of(self, relabelled: Relabel, series: Series, before: Entry, after: Entry) -> str | None:
        """In words, what besides the factor tells of another unit; None where nothing does."""
        if before.unit != after.unit:
            return ""
        if before.published_until == after.published_until:
            return None
        place = (series.key["publisher"], series.key["metric"], after.published_until, relabelled.factor)
        figures = self._company.get(place, 0)
        return f", as are {figures} figures of that publication" if figures >= COMPANY else None

    def _redefined(self, series: Series, before: Entry, after: Entry) -> Change | None:
        notice = self._notices.redefinition(series, before, after)
        if notice is not None:
            return Change("definition", "recorded", f"{notice.attribute} recorded in event {notice.event_id}")
        if after.note is not None and after.note != before.note and speaks_of_redefinition(after.note):
            return Change("definition", "noted", "the note speaks of another definition, method, basis or coverage")
        return None


def _moved(series: Series, before: Entry, after: Entry, factor: Factor | None, relabelled: Relabel | None) -> Change:
    """By rounding or for good, judged on the scale of its table where that was rescaled."""
    scale, by, beside = None, Fraction(1), ""
    if factor is not None:
        by = Fraction(factor.shown)
        scale = Scale(_of_a_table(factor, series).kind, by)
        beside = f"; judged against the one before times {factor.shown}, as are {factor.company}"
    off = max(_may_be_off(before) * by, _may_be_off(after))
    if abs(after.point_atoms - before.point_atoms * by) <= off:
        what = "the same in the rounding of the coarser of the two"
        return Change("rounding", "printed_precision", what + beside, scale)
    if relabelled is not None:
        what = f"{relabelled.explanation}, as if the unit were another; nothing else says that it is"
        return Change("substantial", "suspected_unit", what + beside, scale)
    return Change("substantial", "other_value", "another value that no other rule explains" + beside, scale)


def _of_a_table(factor: Factor, series: Series) -> Change:
    """A factor of a whole table: of a unit where it can be one, which for a power of ten any precision shows, and for
    two units of mass one of 0.1 %.
    """
    power = power_of_ten(factor.least, factor.most)
    if power is not None:
        return Change("unit_relabel", "table_power_of_ten", f"times 10^{power}, as are {factor.company}")
    if factor.most * 1000 < factor.least * 1001 and is_by_mass(series.key["canonical_unit"]):
        for known, (one, other) in MASS_RATIOS.items():
            if factor.least <= known <= factor.most:
                return Change("unit_relabel", "table_mass_units", f"times {one}/{other}, as are {factor.company}")
    return Change("rescale", "table_factor", f"times {factor.shown}, as are {factor.company}")


def _same(before: Entry, after: Entry) -> Change:
    if before.status != after.status:
        return Change("status", "other_status", f"{before.status or 'no status'}, then {after.status or 'no status'}")
    if before.unit != after.unit:
        return Change("unit_relabel", "other_unit", f"printed in {before.unit}, then in {after.unit}")
    return Change("unchanged", "same", "the same again")


def _may_be_off(entry: Entry) -> Fraction:
    """How far a printed value may be off by rounding: zeros at its end were rounded where three digits precede them."""
    digits, off = entry.significance
    return off if digits >= DIGITS_MIN else entry.half_unit
