"""Sentence claims: which figure each number of a sentence names, by fixed rules; where they leave a doubt, none.

Each of subject, metric, material and period is looked for in this order, and the first that fits decides: what is
attached to the number; the nearest before it, back to the number before; what the number before had; the nearest
after it; what the last number of the paragraph had; the headings, from the nearest on. What fits is what the ledger
has series of, in a unit of the number's kind. The rules are written down in `api/README.md`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from api.documents.claims import NOWHERE, Claim, Unread, UnreadNumber
from api.documents.lexicon import PLACES, Lexicon, Series
from api.documents.printed_periods import moved_back
from api.documents.sentence_marks import Mark, Role, SentenceMarks, Zone
from api.documents.series_choice import (
    in_its_unit,
    in_turn,
    is_named,
    is_of_kind,
    months_of_days,
    must_be_named,
    narrowed,
)
from api.documents.spoken_names import words_of
from ledger import CalendarError
from ledger.values import Period, parse_period

WHOLES = frozenset({"full_year", "total", "all"})
"""Values of dimensions that are meant where no part is named."""
CANDIDATES_MAX = 20
_OF_GOODS = re.compile(r"\s+of\s+(?:(?:the|its|their|total|contained|all|mined|separated|finished)\s+)*([a-z][\w-]+)")
_NO_GOODS = frozenset("a an which this that it them it's what all value output supply demand".split())
_TWO = re.compile(r"\s*(?:and|or|to|through|until|[-\u2013,&])\s*(?:the\s+)?")


@dataclass(frozen=True)
class Fields:
    """What a number is about, as marks: each None where nothing says it."""

    subject: Mark | None = None
    metric: Mark | None = None
    material: Mark | None = None
    period: str | None = None


@dataclass
class Scope:
    """What is around a sentence: the marks of its headings, the nearest first; and what the last number of its
    paragraph was about.
    """

    headings: Sequence[SentenceMarks] = ()
    last: Fields = field(default_factory=Fields)


class _Unclear(Exception):
    def __init__(self, reason: Unread) -> None:
        super().__init__(reason)
        self.reason = reason


def sentence_claims(
    text: str, lexicon: Lexicon, scope: Scope, written: date | None = None
) -> Iterator[Claim | UnreadNumber]:
    """The claims of a sentence, and its numbers that are none. `scope.last` moves on."""
    marks = SentenceMarks(text, lexicon, written)
    yield from claims_of_marks(marks, lexicon, scope)
    subjects = [one for one in marks.of(Role.subject) if one.values & lexicon.by_subject.keys()]
    if len({one.values for one in subjects}) == 1 and len(marks.of(Role.subject)) == len(subjects):
        scope.last = replace(scope.last, subject=subjects[0])


def claims_of_marks(marks: SentenceMarks, lexicon: Lexicon, scope: Scope) -> Iterator[Claim | UnreadNumber]:
    """The same of a sentence whose marks are known."""
    if marks.numbers:
        yield from _Sentence(marks, lexicon, scope).claims()


class _Sentence:
    def __init__(self, marks: SentenceMarks, lexicon: Lexicon, scope: Scope) -> None:
        self._marks = marks
        self._lexicon = lexicon
        self._scope = scope
        self._attached: list[Mark] = []
        """What is attached to the numbers so far."""
        self._before = Fields()
        self._in_turn = in_turn(marks)

    def claims(self) -> Iterator[Claim | UnreadNumber]:
        left: int | None = None
        for each in self._marks.zones:
            zone = each if left is None else each._replace(left=left)
            left = None
            attached = self._marks.attached(zone)
            try:
                claim, fields = self._claim(zone, attached)
                yield claim
                self._before = self._scope.last = fields
                attached = [one for one in attached if one.role is not Role.metric or one is fields.metric]
            except _Unclear as unclear:
                yield UnreadNumber(zone.number, NOWHERE, unclear.reason)
                if unclear.reason is Unread.other_goods:
                    self._before = replace(self._before, material=_goods_of(attached, zone))
                elif unclear.reason in (Unread.no_metric, Unread.other_unit):
                    left = zone.left
                    continue
            self._attached += attached

    def _claim(self, zone: Zone, attached: Sequence[Mark]) -> tuple[Claim, Fields]:
        number = zone.number
        if self._marks.is_change(zone):
            raise _Unclear(Unread.change)
        metrics = list(self._metrics(zone, attached))
        if not metrics:
            raise _Unclear(Unread.no_metric)
        subjects = self._subjects(zone, attached)
        if not subjects:
            raise _Unclear(Unread.no_subject)
        material = next(iter(self._sought(zone, attached, Role.material, Role.other)), None)
        subject, metric, found = self._series(zone, subjects, metrics, material, attached)
        found = self._of_material(zone, found, material, subject)
        found = in_its_unit(number, narrowed(found, metrics))
        found = self._unqualified(zone, found)
        period_text = self._period(zone, attached, found)
        held, period = self._held(found, period_text)
        chosen = self._by_dimensions(held or found)
        fields = Fields(subject, metric, material, period_text)
        ids = tuple(one.figures[period] for one in chosen if held)
        fiscal = self._fiscal_rivals(chosen, period_text)
        claim = Claim(
            number,
            NOWHERE,
            tuple(chosen),
            period,
            period_text,
            ids[0] if len(ids) == 1 and not fiscal else None,
            self._attributed(subject),
            tuple(dict.fromkeys([*(ids if len(ids) > 1 else ()), *fiscal]))[:CANDIDATES_MAX],
        )
        return claim, fields

    def _metrics(self, zone: Zone, attached: Sequence[Mark]) -> Iterator[Mark]:
        """The marks of metrics that may be meant: where the number has its own, no others."""
        left = [one for one in self._marks.left(zone, Role.metric) if one not in self._attached]
        own = [*(one for one in attached if one.role is Role.metric), *left]
        if left or (own and not self._before.metric):
            yield from own
        elif not self._marks.has_other_matter(zone):
            yield from self._sought(zone, attached, Role.metric)

    def _sought(self, zone: Zone, attached: Sequence[Mark], *roles: Role) -> Iterator[Mark]:
        """The marks that may be meant, in order of the rules."""
        role = roles[0]
        yield from (one for one in attached if one.role in roles)
        if Role.other in roles and self._is_of_other_goods(zone):
            yield Mark(0, 0, Role.other, frozenset())
        both = [one for role in roles for one in self._marks.left(zone, role) if one not in self._attached]
        yield from sorted(both, key=lambda one: -one.start)
        if (carried := getattr(self._before, role.value)) is not None:
            yield carried
        both = [one for role in roles for one in self._marks.following(zone, role)]
        yield from sorted(both, key=lambda one: one.start)
        if any(self._marks.of(one) for one in roles):
            yield from (mark for one in roles for mark in self._marks.of(one) if mark not in self._attached)
            return
        if (last := getattr(self._scope.last, role.value)) is not None:
            yield last
        for heading in self._scope.headings:
            marks = [mark for one in roles for mark in heading.of(one)]
            yield from reversed(marks)

    def _is_of_other_goods(self, zone: Zone) -> bool:
        match = _OF_GOODS.match(self._marks.text, zone.number.end)
        if match is None or match[1] in _NO_GOODS or match.end() > zone.right:
            return False
        return not any(one.start < match.end(1) and match.start(1) < one.end for one in self._marks.marks)

    def _subjects(self, zone: Zone, attached: Sequence[Mark]) -> list[Mark]:
        if (turn := self._in_turn.get(zone.number.start)) is not None:
            return [turn]
        subjects = list(self._sought(zone, attached, Role.subject))
        if not subjects or (zone.left <= subjects[0].start <= zone.right and subjects[0] in self._marks.marks):
            return subjects
        return [] if self._marks.unknown_name(zone) else subjects

    def _series(
        self,
        zone: Zone,
        subjects: Sequence[Mark],
        metrics: Sequence[Mark],
        material: Mark | None,
        attached: Sequence[Mark],
    ) -> tuple[Mark, Mark, list[Series]]:
        """The first subject and metric of which there are series in a unit of the number's kind."""
        first = [one for one in attached if one.role is Role.subject]
        reason = Unread.no_metric
        for subject in subjects:
            for metric in metrics:
                found = [
                    one
                    for slug in sorted(subject.values)
                    for one in self._lexicon.by_subject.get(slug, ())
                    if one.metric in metric.values
                ]
                of_unit = [one for one in found if is_of_kind(zone.number, one)]
                of_both = [one for one in of_unit if self._may_be_of(one, material)]
                if of_both:
                    return subject, metric, of_both
                if of_unit:
                    reason = Unread.other_goods
                elif found and reason is not Unread.other_goods:
                    reason = Unread.other_unit
            if subject in first:
                raise _Unclear(Unread.qualified if reason is Unread.no_metric else reason)
            if any(slug.startswith("?") for slug in subject.values):
                raise _Unclear(Unread.no_subject)
        raise _Unclear(reason)

    def _may_be_of(self, series: Series, material: Mark | None) -> bool:
        return series.material is None or material is None or bool(self._fit(series, material))

    def _fit(self, series: Series, material: Mark) -> int:
        """How well a series is of a named material: 3 it is, 2 by its basis, 1 its name holds the other's, 0 not."""
        if material.role is Role.other or series.material is None:
            return 0
        if series.material in material.values:
            return 3
        if "rare-earth-oxides" in material.values and series.dimensions.get("basis") == "reo":
            return 2
        return 1 if any(self._lexicon.named_wider(series.material, one) for one in material.values) else 0

    def _of_material(self, zone: Zone, found: list[Series], material: Mark | None, subject: Mark) -> list[Series]:
        with_material = [one for one in found if one.material is not None]
        if not with_material:
            return found
        if material is None:
            kinds = {self._lexicon.kinds.get(slug) for slug in subject.values}
            if len({one.material for one in found}) > 1 or kinds & {*PLACES}:
                raise _Unclear(Unread.no_material)
            return found
        best = max(self._fit(one, material) for one in with_material)
        if best == 0:
            raise _Unclear(Unread.other_goods)
        return [one for one in with_material if self._fit(one, material) == best]

    def _unqualified(self, zone: Zone, found: list[Series]) -> list[Series]:
        """The series that are about all that is said, as far as can be told. Raises _Unclear."""
        if self._marks.is_supposed(zone):
            found = [one for one in found if one.nature != "observed"]
        said = {word.folded for word in words_of(self._marks.text)}
        said |= {word.folded for one in self._scope.headings for word in words_of(one.text)}
        slugs = {slug for one in self._marks.of(Role.subject) for slug in one.values}
        partners = self._marks.partners(zone)
        left = [
            one
            for one in found
            if all(is_named(value, said, slugs) for name, value in one.dimensions.items() if must_be_named(one, name))
            and one.subject not in partners
            and partners <= {*one.dimensions.values()}
        ]
        if not left:
            raise _Unclear(Unread.qualified)
        return left

    def _period(self, zone: Zone, attached: Sequence[Mark], found: Sequence[Series]) -> str | None:
        """The period, as the ledger writes it; None where the figures have none."""
        undated = all(None in one.figures for one in found)
        for mark in self._sought_periods(zone, attached):
            if isinstance(mark, str):
                return mark
            text = self._text_of(mark)
            if text is None or not any(self._is_of_length(one, text) for one in found):
                continue
            if self._is_one_of_two(mark):
                raise _Unclear(Unread.no_period)
            return text
        if undated or any(None in one.figures for one in found):
            return None
        raise _Unclear(Unread.no_period)

    def _sought_periods(self, zone: Zone, attached: Sequence[Mark]) -> Iterator[Mark | str]:
        yield from (one for one in attached if one.role is Role.period)
        left = [one for one in self._marks.left(zone, Role.period) if one not in self._attached]
        yield from (one for one in left if one.period and not (one.period.back and self._marks.is_compared(one)))
        if self._marks.is_compared_number(zone):
            return
        if self._before.period is not None:
            yield self._before.period
        yield from self._marks.following(zone, Role.period)
        every = self._marks.of(Role.period)
        if every:
            if len({self._text_of(one) for one in every}) == 1:
                yield every[0]
            return
        for heading in self._scope.headings:
            marks = heading.of(Role.period)
            if len({one.period.text for one in marks if one.period}) == 1:
                yield marks[0]

    def _text_of(self, mark: Mark) -> str | None:
        if mark.period is None:
            return None
        if mark.period.back is None:
            return mark.period.text
        others = [one.period.text for one in self._marks.of(Role.period) if one.period and one.period.text]
        base = self._before.period or (others[0] if len({*others}) == 1 else None)
        return None if base is None else moved_back(base, mark.period.back)

    def _is_one_of_two(self, mark: Mark) -> bool:
        pairs = ((one, mark) if one.start < mark.start else (mark, one) for one in self._marks.of(Role.period))
        text = self._marks.text
        return any(one.end <= other.start and _TWO.fullmatch(text[one.end : other.start]) for one, other in pairs)

    def _days(self, series: Series, text: str) -> Period | None:
        try:
            return parse_period(text, self._lexicon.fiscal_years.get(series.subject))
        except CalendarError:
            return None

    def _is_of_length(self, series: Series, text: str) -> bool:
        days = self._days(series, text)
        if days is None:
            return False
        length = months_of_days(days)
        return any(one is not None and months_of_days(one) == length for one in series.figures)

    def _held(self, found: Sequence[Series], text: str | None) -> tuple[list[Series], Period | None]:
        if text is None:
            return [one for one in found if None in one.figures], None
        held = [one for one in found if self._days(one, text) in one.figures]
        days = self._days((held or list(found))[0], text)
        return held, days

    def _fiscal_rivals(self, chosen: Sequence[Series], text: str | None) -> list[str]:
        """The figures of both readings of `2024` or `Q4 2025` where a subject has fiscal years of its own."""
        if text is None or not re.fullmatch(r"\d{4}(-[QH]\d)?", text):
            return []
        rivals: list[str] = []
        for one in chosen:
            year = self._lexicon.fiscal_years.get(one.subject)
            if year in (None, "12-31"):
                return []
            readings = (self._days(one, text), self._days(one, f"FY{text}"))
            rivals += [one.figures[days] for days in readings if days in one.figures]
        return rivals

    def _by_dimensions(self, found: Sequence[Series]) -> list[Series]:
        """The series that the dimensions that are named leave; where none is named, those of the whole."""
        if len(found) == 1:
            return list(found)
        named = {value for one in self._marks.of(Role.dimension) for value in one.values}
        for heading in self._scope.headings:
            named = named or {value for one in heading.of(Role.dimension) for value in one.values}
        names = sorted({name for one in found for name in one.dimensions})
        left = list(found)
        for name in names:
            values = {one.dimensions.get(name) for one in left}
            if len(values) == 1:
                continue
            wanted = named & {one for one in values if one is not None} or WHOLES & {one for one in values if one}
            if wanted:
                left = [one for one in left if one.dimensions.get(name) in wanted]
        return left

    def _attributed(self, subject: Mark) -> tuple[str, ...]:
        named = {slug for one in self._marks.of(Role.subject) for slug in one.values}
        return tuple(sorted((named & self._lexicon.publishers) - subject.values))


def _goods_of(attached: Sequence[Mark], zone: Zone) -> Mark:
    known = [one for one in attached if one.role in (Role.material, Role.other)]
    return known[0] if known else Mark(zone.number.end, zone.number.end, Role.other, frozenset())
