"""A report in its order of reading, every part of it a text: what the HTML and the Markdown templates lay out.

What a text says is decided where these are made; the templates decide only where it stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.reports.charts import Spec


@dataclass(frozen=True)
class Detail:
    """A labelled text. `url` is an address that may be followed; `code` says that the text is for machines."""

    label: str
    text: str
    url: str | None = None
    code: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: of `text`, of `number`s (set flush right) or of `date`s (never broken)."""

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and the details that stand under it. `stands` marks what still holds; `leads_to` is
    the anchor of the section that its first cell leads to.
    """

    cells: tuple[str, ...]
    details: tuple[Detail, ...] = ()
    stands: bool = False
    leads_to: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its title and a sentence on what one row is."""

    title: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, title: str, about: str, columns: Iterable[str | tuple[str, str]], rows: Iterable[Row]) -> "Table":
        """A table from its columns, as names or (name, kind); those without a text in any row are left out."""
        rows = list(rows)
        named = [Column(one) if isinstance(one, str) else Column(*one) for one in columns]
        filled = [place for place in range(len(named)) if any(row.cells[place] for row in rows)]
        kept = tuple(replace(row, cells=tuple(row.cells[place] for place in filled)) for row in rows)
        return cls(title, about, tuple(named[place] for place in filled), kept)


@dataclass(frozen=True)
class Chart:
    """A chart, what it shows in words, and how to read it."""

    spec: Spec
    title: str
    description: str
    caption: str


@dataclass(frozen=True)
class Section:
    """Everything about one figure, or another thing. Where there is nothing to draw `no_chart` says why."""

    anchor: str
    title: str
    scope: str
    headline: str
    verdict: str
    remarks: tuple[str, ...]
    key: tuple[Detail, ...]
    answer: tuple[Detail, ...]
    again: tuple[Detail, ...]
    charts: tuple[Chart, ...]
    no_chart: str
    vintages: Table
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Presentation:
    """A report: what it is, the receipt of the whole, each figure, and the words that it uses with their meanings."""

    title: str
    subtitle: str
    about: tuple[str, ...]
    receipt: tuple[Detail, ...]
    again: tuple[Detail, ...]
    summary: Table | None
    sections: tuple[Section, ...]
    terms: tuple[Detail, ...]
    footer: str
