"""The sets of sentences and tables with what is to be said of their numbers, and how a check of them is counted."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from api.documents import Cell, Grid, Run, document_claims, html_passages, markdown_passages, table_claims
from api.questions.document_check import DocumentCheck, Verdict, checked_document
from projections import Inquiry
from tests.places import DATA

AS_OF = "2026-11-27"
_MARKED = re.compile(r"\{([^{}|]*)\|([^{}|]*)\|([^{}|]*)\}")
_VERDICTS = {
    "c": "current",
    "s": "superseded",
    "e": "our_error",
    "d": "disputed",
    "mD": "misquoted digits",
    "mF": "misquoted factor",
    "mU": "misquoted unit",
    "mP": "misquoted period",
    "n": "never_said",
    "h": "not_held",
    "a": "ambiguous",
}
_SUBJECTS = dict(
    one.split("=")
    for one in (
        "CN=china US=united-states AU=australia MM=myanmar NG=nigeria TH=thailand VN=vietnam IN=india BR=brazil "
        "RU=russia "
        "MG=madagascar MY=malaysia W=world GL=greenland CA=canada ZA=south-africa TZ=tanzania LYN=lynas-rare-earths "
        "MP=mp-materials LM=lynas-malaysia JSK=js-link-kuantan-plant JSG=js-link-georgia-plant "
        "NOV=noveon-san-marcos-plant NARVA=neo-narva-plant FW=mp-fort-worth-plant EU=european-union"
    ).split()
)
_METRICS = dict(
    one.split("=")
    for one in (
        "mp=mine_production res=reserves prod=production rev=revenue asp=average_selling_price sv=sales_volume "
        "sr=sales_receipts imp=imports exp=exports ac=apparent_consumption nir=net_import_reliance emp=employment "
        "price=price mq=mining_quota sq=smelting_separation_quota rp=realized_price ppi=price_protection_income "
        "cap=capacity inv=investment mv=market_value cons=consumption rec=recycling_benchmark ext=extraction_benchmark "
        "proc=processing_benchmark stake=stake resources=resources"
    ).split()
)


class Expected(NamedTuple):
    """A number that names a figure: where it stands in its text, how it is to be judged, and what it is about."""

    start: int
    end: int
    verdict: str
    subject: str
    metric: str
    figure: str


class MarkedText(NamedTuple):
    """A text without its marks, and what they say. `form` is `md`, `html` or `csv`."""

    text: str
    expected: tuple[Expected, ...]
    form: str = "md"
    written: str | None = None


@dataclass
class Count:
    """How many numbers were judged, how many of these as they should, and how many should have been; with the
    misses.
    """

    judged: int = 0
    right: int = 0
    wanted: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """How many of the verdicts are right."""
        return self.right / self.judged

    @property
    def recall(self) -> float:
        """How many of those wanted were given."""
        return self.right / self.wanted


def marked_sentences(name: str) -> list[MarkedText]:
    """The documents of one line of a set."""
    lines = (DATA / "checked" / name).read_text(encoding="utf-8").splitlines()
    return [_of_line(line) for line in lines if line and not line.startswith("# ")]


def marked_tables(name: str) -> list[MarkedText]:
    """The tables of a set."""
    text = (DATA / "checked" / name).read_text(encoding="utf-8")
    parts = re.split(r"^=== (\w+)\n", text, flags=re.M)[1:]
    return [_unmarked(table, form) for form, table in zip(parts[::2], parts[1::2], strict=True)]


def _of_line(line: str) -> MarkedText:
    written = re.match(r"@(\S+) ", line)
    body = line[written.end() :] if written else line
    return _unmarked(body.replace(" // ", "\n\n"), "md", written[1] if written else None)


def _unmarked(marked: str, form: str, written: str | None = None) -> MarkedText:
    text, expected, at = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[at : match.start()]
        subject, metric = [*match[3].split(), "stake"][:2]
        meant = (_SUBJECTS[subject], _METRICS[metric], match[3])
        expected.append(Expected(len(text), len(text) + len(match[1]), _VERDICTS[match[2]], *meant))
        text += match[1]
        at = match.end()
    return MarkedText(text + marked[at:], tuple(expected), form, written)


def check_of(engine: Inquiry, marked: MarkedText) -> DocumentCheck:
    """The check of a text."""
    viewpoint = engine.viewpoint(as_of=AS_OF)
    written = engine.viewpoint(as_of=marked.written) if marked.written else None
    day = written.as_of.date() if written else None
    if marked.form == "csv":
        grid = Grid(tuple(_csv_rows(marked.text)))
        return checked_document(engine, [marked.text], lambda lexicon: table_claims(grid, lexicon), viewpoint)
    passages = list((html_passages if marked.form == "html" else markdown_passages)(marked.text))
    read = partial(document_claims, passages, written=day)
    return checked_document(engine, [marked.text], read, viewpoint)


def _csv_rows(text: str) -> Iterator[tuple[Cell, ...]]:
    """The rows of a CSV, each cell knowing its place in the text."""
    at = 0
    for line in text.splitlines():
        delimiter = ";" if ";" in line and "," not in line else ","
        (row,) = csv.reader(io.StringIO(line), delimiter=delimiter)
        cells, start = [], 0
        for cell in row:
            place = at + line.index(cell, start) if cell else at + start
            start = place - at + len(cell)
            cells.append(Cell(cell, Run(cell, range(place, place + len(cell)))))
        yield tuple(cells)
        at += len(line) + 1


def counted(engine: Inquiry, texts: Sequence[MarkedText]) -> Count:
    """How well all texts are judged."""
    count = Count()
    for marked in texts:
        _count(count, marked, check_of(engine, marked))
    return count


def _count(count: Count, marked: MarkedText, check: DocumentCheck) -> None:
    left = list(marked.expected)
    count.wanted += len(left)
    for one in check.claims:
        verdict = f"{one.now.verdict}{f' {one.now.how}' if one.now.how else ''}"
        if one.now.verdict is Verdict.ambiguous:
            continue
        count.judged += 1
        place = one.claim.place
        meant = next((each for each in left if each.start < place.end and place.start < each.end), None)
        series = one.claim.series[0]
        read = f"{series.subject} {series.metric} {series.material} {one.claim.period_text}"
        said = f"{one.claim.number.text!r}: {verdict} ({read})"
        if meant is None:
            count.misses.append(f"names none, but {said} in {marked.text!r}")
            continue
        left.remove(meant)
        if (meant.verdict, meant.subject, meant.metric) == (verdict, series.subject, series.metric):
            count.right += 1
        else:
            count.misses.append(f"{meant.verdict} ({meant.figure}), but {said} in {marked.text!r}")
    for each in left:
        unread = f"{marked.text[each.start : each.end]!r} ({each.figure}, {each.verdict})"
        reasons = [str(one.reason) for one in check.unread if one.place.start < each.end and each.start < one.place.end]
        doubt = [one for one in check.claims if one.claim.place.start < each.end and each.start < one.claim.place.end]
        count.misses.append(
            f"unread ({reasons or ('ambiguous' if doubt else 'no number')}): {unread} in {marked.text!r}"
        )
