"""Value columns: columns of a table that hold values of one kind, as a draft of a mapping has them.

`2022`, `2023`, `2024e` are two kinds, since an estimate has a status of its own. What stands before the year says what
is measured, and in which unit.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.imports.mappings.number_style import quoted, without_marks
from ledger.imports.mappings.unit_words import UnitWords, unit_in, without_unit

_YEAR = re.compile(r"^(.*?)((?:19|20)\d{2})(.*)$")
_QUARTER = re.compile(r"^(.*?)(?:((?:19|20)\d{2})[ -]?Q([1-4])|Q([1-4])[ -]?((?:19|20)\d{2}))(.*)$")
_MARKS = {"e": "estimated", "est": "estimated", "estimated": "estimated", "p": "provisional", "prov": "provisional"}
_AHEAD = ("f", "forecast", "forecasts")
YEAR = "(?P<year>(19|20)[0-9]{2})"


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
    status: str | None = None
    unclear: list[str] = field(default_factory=list)

    @property
    def metric(self) -> str | None:
        """The words as the name of a metric, where they can be one."""
        name = re.sub(r"[^a-z0-9]+", "_", self.words.lower()).strip("_")
        return name if name and name[0].isalpha() else None

    def lines(self, *, has_unit: bool, metric_in: bool) -> Iterator[str]:
        """The lines of a mapping, with the reasons."""
        ends = f": {self.names[0]} to {self.names[-1]}" if len(self.names) > 1 else ""
        yield ""
        yield f"[[value]]  # {len(self.names)} columns{ends}"
        yield f"columns = {quoted(self.pattern)}"
        if self.period is not None:
            yield f'period = "{self.period}"'
        if self.status is not None:
            yield f'status = "{self.status}"' if self.status != "forecast" else 'nature = "forecast"'
        if self.metric is not None and not metric_in:
            yield f"metric = {quoted(self.metric)}  # from the header; `supply-ledger catalogue` has the names in use"
        if self.unit is not None and not has_unit:
            yield f"unit = {quoted(self.unit.unit)}  # {' '.join(self.unit.why.split())[:200]}"
            if self.unit.times is not None:
                yield f'times = "{self.unit.times}"'
        for said in self.unclear:
            yield f"# {said}"


def years_across(names: Iterable[str]) -> list[ValueColumns]:
    """Columns named by years or quarters, those together that differ in these alone."""
    found: dict[tuple[str, str, str], ValueColumns] = {}
    for name in names:
        quarter, year = _QUARTER.match(name), _YEAR.match(name)
        if quarter is not None:
            before, after = quarter[1], quarter[6]
            middle = rf"{YEAR}[ -]?Q(?P<quarter>[1-4])" if quarter[2] else rf"Q(?P<quarter>[1-4])[ -]?{YEAR}"
            period = "{year}-Q{quarter}"
        elif year is not None:
            before, middle, after, period = year[1], YEAR, year[3], "{year}"
        else:
            continue
        if (before, middle, after) not in found:
            found[before, middle, after] = _kind(before, middle, after, period)
        found[before, middle, after].names.append(name)
    return list(found.values())


def _kind(before: str, middle: str, after: str, period: str) -> ValueColumns:
    pattern = f"{re.escape(before)}{middle}{re.escape(after)}"
    mark = without_marks("x" + after)[1:].strip(" .()[]").casefold()
    status = _MARKS.get(mark) or ("forecast" if mark in _AHEAD else None)
    words = before if status is not None else f"{before} {after}"
    if (fiscal := re.fullmatch(r"(.*?)FY ?", before)) is not None and period == "{year}":
        words, period = words.removeprefix(before) + fiscal[1], "FY{year}"
    made = ValueColumns(pattern, [], without_unit(without_marks(words)).strip(" _"), unit_in(words), period, status)
    if re.match(r"[/-]\d{2}", after):
        made.period, made.words = None, without_unit(before)
        made.unclear.append("period = ?  # these years go over two: say which period each is, for example FY2024")
    return made
