"""Value columns: columns of a table that hold values of one kind, as a draft of a mapping has them.

`2022`, `2023`, `2024e` are of one kind: an estimate is marked in the preliminary table, and not in the final one. A
forecast (`2025f`) is another kind, since it is no report. What stands before the year says what is measured, and in
which unit.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ledger.imports.mappings.number_style import quoted, without_marks
from ledger.imports.mappings.unit_words import UnitWords, unit_in, without_unit
from ledger.values.slugs import slug_for

_YEAR = re.compile(r"^(.*?)((?:19|20)\d{2})(.*)$")
_QUARTER = re.compile(r"^(.*?)(?:((?:19|20)\d{2})[ -]?Q([1-4])|Q([1-4])[ -]?((?:19|20)\d{2}))(.*)$")
_SHORT_QUARTER = re.compile(r"^(.*?)\bQ([1-4])[ '/-]{0,2}([0-9]{2})(?![0-9])(.*)$")
_MARK = re.compile(
    r"^([ (\[]*(?:e|est\.?|estimated|p|prov\.?|provisional|r|rev\.?|revised)[)\]]?)(?![\w/])(.*)$", re.IGNORECASE
)
_AHEAD = re.compile(r"^[ (\[]*(?:f|forecasts?)[)\]]?(?![\w/])", re.IGNORECASE)
YEAR = "(?P<year>(19|20)[0-9]{2})"
MARK = r"(?P<mark>|[ (\[]{0,2}(?i:e|est\.|est|estimated|p|prov\.|provisional|r|rev\.|revised)[)\]]?)"
"""The pattern of a mark of an estimate, which may be there or not."""
STATUS = (
    r"status = { from = '{mark}', replace = [['(?i)^\W*e.*$', 'estimated'], ['(?i)^\W*p.*$', 'provisional'], "
    r"['(?i)^\W*r.*$', 'restated']] }"
)


@dataclass
class ValueColumns:
    """Columns of one kind: the pattern of their names, and what these say."""

    pattern: str
    names: list[str]
    words: str
    """What is measured, in the words of the header."""
    unit: UnitWords | None
    period: str | None = None
    """The period as a mapping writes it, where the name of the column says it."""
    is_marked: bool = False
    """Whether the pattern finds columns with the mark of an estimate, and without."""
    is_forecast: bool = False
    unclear: list[str] = field(default_factory=list)

    @property
    def metric(self) -> str | None:
        """The words as the name of a metric, where they can be one."""
        return metric_name(self.words)

    def lines(self, *, has_unit: bool, metric_in: bool) -> Iterator[str]:
        """The lines of a mapping, with the reasons."""
        ends = " ".join(f"{self.names[0]} to {self.names[-1]}".split())
        yield ""
        yield f"[[value]]  # {len(self.names)} columns: {ends}" if len(self.names) > 1 else "[[value]]  # 1 column"
        yield f"columns = {quoted(self.pattern)}"
        if self.period is not None:
            is_fiscal = self.period.startswith("FY")
            why = '  # a subject needs its fiscal_year_end; of calendar years it is "{year}"' if is_fiscal else ""
            yield f'period = "{self.period}"{why}'
        if self.is_marked:
            yield f"{STATUS}  # a year fits with its mark or without"
        if self.is_forecast:
            yield 'nature = "forecast"'
            yield "optional = true  # a later table may have no forecast"
        if self.metric is not None and not metric_in:
            yield f"metric = {quoted(self.metric)}  # from the header; `supply-ledger catalogue` has the names in use"
        if self.unit is not None and not has_unit:
            yield f"unit = {quoted(self.unit.unit)}  # {' '.join(self.unit.why.split())[:200]}"
            if self.unit.times is not None:
                yield f'times = "{self.unit.times}"'
        for said in self.unclear:
            yield f"# {said}"


_MEASURES = re.compile(
    r"produc|reserv|resourc|export|import|trade|sale|capacit|output|price|demand|suppl|consum|use\b|usage|quota|stock|"
    r"shipment|deliver|revenue|cost|capex|invest|employ|grade|recover|emission|volume|value|quantit|amount|total|rate|"
    r"share|forecast|target|produktion|vorr|absatz|preis|menge|verbrauch|f[oö]rder|produc|precio|ventas|prix",
    re.IGNORECASE,
)
"""Words of what is measured."""


def are_of_subjects(groups: Sequence["ValueColumns"]) -> bool:
    """Whether the words of value columns say whose the values are, and not what they measure: `Lynas (t) 2023`.

    Three columns or more differ in their words, and most of these are no words of measuring (`Iluka Resources` is one).
    """
    words = {group.words for group in groups}
    measures = sum(_MEASURES.search(one) is not None for one in words)
    return len(words) > 2 and measures * 2 < len(words) and all(words)


def metric_name(words: str) -> str | None:
    """The name of a metric that words make, where they can be one: `Mine production` is `mine_production`."""
    name = slug_for(words).replace("-", "_")
    return name if name and name[0].isalpha() else None


def years_across(names: Iterable[str], *, at_end: bool = False) -> list[ValueColumns]:
    """Columns named by years or quarters, those together that differ in these alone; `at_end`, where the last row of a
    header may be units.
    """
    parted = [(name, *parts) for name in names if (parts := _parted(name)) is not None]
    any_marked = any(marked for *_, marked in parted)
    found: dict[tuple[str, str, str], ValueColumns] = {}
    for name, before, middle, period, after, _ in parted:
        if (before, middle, after) not in found:
            found[before, middle, after] = _kind(before, middle, after, period, is_marked=any_marked, at_end=at_end)
        found[before, middle, after].names.append(name)
    return list(found.values())


def _parted(name: str) -> tuple[str, str, str, str, bool] | None:
    """What stands before the period, its pattern, how it is written, what stands after it, and whether a mark of an
    estimate stood between.
    """
    quarter, year = _QUARTER.match(name), _YEAR.match(name)
    if quarter is not None:
        before, after = quarter[1], quarter[6]
        middle = rf"{YEAR}[ -]?Q(?P<quarter>[1-4])" if quarter[2] else rf"Q(?P<quarter>[1-4])[ -]?{YEAR}"
        period = "{year}-Q{quarter}"
    elif (short := _SHORT_QUARTER.match(name)) is not None:
        before, after = short[1], short[4]
        middle, period = r"Q(?P<quarter>[1-4])[ '/-]{0,2}(?P<year>[0-9]{2})", "20{year}-Q{quarter}"
    elif year is not None:
        before, middle, after, period = year[1], YEAR, year[3], "{year}"
    else:
        return None
    marked = _MARK.match(after)
    return before, middle, period, after if marked is None else marked[2], marked is not None


def _kind(before: str, middle: str, after: str, period: str, *, is_marked: bool, at_end: bool) -> ValueColumns:
    ahead = _AHEAD.match(after)
    is_two = re.match(r"[/-]\d{2}", after) is not None
    is_marked = is_marked and ahead is None and not is_two
    pattern = f"{re.escape(before)}{middle}{MARK if is_marked else ''}{re.escape(after)}"
    words = f"{before} {after if ahead is None else after[ahead.end() :]}"
    if (fiscal := re.fullmatch(r"(.*?)FY ?", before)) is not None and period == "{year}":
        words, period = words.removeprefix(before) + fiscal[1], "FY{year}"
    words = without_marks(words.strip())
    named = without_unit(words, at_end=at_end).strip(" _")
    made = ValueColumns(pattern, [], named, unit_in(words, at_end=at_end), period, is_marked, ahead is not None)
    if is_two:
        made.period, made.words = None, without_unit(before)
        made.unclear.append("period = ?  # these years go over two: say which period each is, for example FY2024")
    return made
