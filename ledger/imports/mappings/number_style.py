"""Number styles: how the numbers of a table are printed, as far as its cells tell: decimals, thousands, codes."""

import re
import tomllib
from collections.abc import Iterator, Sequence

from ledger.imports.mappings.cell_values import SYMBOLS, Separators, statement_of
from ledger.imports.mappings.code_meanings import meaning_of
from ledger.imports.mappings.patterns import TEXT_LENGTH_MAX
from ledger.imports.mappings.printed_separators import separator_lines

CODE_LENGTH_MAX = 12
CODES_SHOWN = 30
_MARKS = re.compile(r"(?<=.)\s*[*†‡§¹²³⁴⁵⁶⁷⁸⁹⁰]+$|(?<=.)\s*\[[0-9a-z]\]$|(?<=[A-Za-z])\s*\([0-9]\)$")
MARKS = r"[*†‡§¹²³⁴⁵⁶⁷⁸⁹⁰]+$|\[[0-9a-z]\]$|(?<=[A-Za-z ])\([0-9]\)$"
"""The pattern of marks of footnotes in a draft."""
_SPACES, _PRIMES = " \u00a0\u202f", "'\N{RIGHT SINGLE QUOTATION MARK}"


def marked_in(cells: Sequence[str]) -> str | None:
    """A cell with a mark of a footnote."""
    return next((cell for cell in cells if without_marks(cell) != cell), None)


def without_marks(cell: str) -> str:
    """A cell without its mark."""
    return _MARKS.sub("", cell) if len(cell) <= TEXT_LENGTH_MAX else cell


def separators_of(cells: Sequence[str], delimiter: str | None) -> tuple[Separators, list[str]]:
    """The separators that these cells have, and the lines of a mapping that say so, and why."""
    lines = list(separator_lines(cells, delimiter))
    for between in (_SPACES, _PRIMES):
        grouped = re.compile(rf"[+-]?\d{{1,3}}([{between}]\d{{3}})+([.,]\d+)?")
        if (found := next(filter(grouped.fullmatch, cells), None)) is not None:
            lines = [line for line in lines if not line.startswith("thousands")]
            lines.append(f"thousands = {quoted(between)}  # for example {found}")
            break
    said: dict[str, str] = tomllib.loads("\n".join(lines))
    # Where there are two readings, either says which cells are no numbers.
    return Separators(
        said.get("decimal") or ".", said.get("thousands") or ("," if said.get("decimal") == "" else "")
    ), lines


def symbol_lines(cells: Sequence[str], separators: Separators, notes: Sequence[str] = ()) -> Iterator[str]:
    """What a mapping says of cells that are no values, by the notes of the table, and which nobody understands."""
    odd: dict[str, int] = {}
    for cell in cells:
        try:
            statement_of(cell, separators, {})
        except ValueError:
            odd[cell] = odd.get(cell, 0) + 1
    codes = [cell for cell in odd if len(cell) <= CODE_LENGTH_MAX and not any(one.isdigit() for one in cell)]
    if codes:
        yield ""
        yield "[symbols]  # what a cell without a number means: a number, '' for nothing, or one of"
        yield f"# {', '.join(SYMBOLS)}"
    for code in codes[:CODES_SHOWN]:
        if (found := meaning_of(code, notes)) is not None:
            count = "1 cell" if odd[code] == 1 else f"{odd[code]} cells"
            yield f"{quoted(code)} = {quoted(found.meaning)}  # {count}; {found.why}"
        else:
            yield f"# {quoted(code)} = ?  # {odd[code]} cells; say what it means"
    if others := [cell for cell in odd if cell not in codes]:
        shown = ", ".join(quoted(cell[:40]) for cell in others[:5])
        yield f"# Not understood, {sum(odd[cell] for cell in others)} cells: {shown}; say in [symbols] what each means"


def quoted(text: str) -> str:
    """A text of TOML: in single quotes, where nothing has to be escaped."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '"' + "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in escaped) + '"'
