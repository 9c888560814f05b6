"""Code meanings: what a cell without a number stands for, as the lines around a table explain it, or as it mostly does.

`W` is withheld in most tables, `..` not available. A dash alone is zero in some and not available in others, whichever
dash it is; so it is taken for nothing, and no event is made of it, unless the table says more: `- = nil`, `— Zero`.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

DASH = "[-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}\N{MINUS SIGN}]"
_IS_DASH = re.compile(rf"{DASH}{{1,3}}")
_OF_DASHES = "a dash alone is taken for nothing; where it is zero, write '0', or 'not_available'"
_MOSTLY = {
    "W": "withheld", "NA": "not_available", "N/A": "not_available", "n.a.": "not_available", "n/a": "not_available",
    "k.A.": "not_available", "ND": "undisclosed", ".": "", "..": "not_available", "...": "not_available",
    "\N{HORIZONTAL ELLIPSIS}": "not_available", ":": "not_available", "NaN": "", "nil": "0",
}  # fmt: skip
_NOT_KNOWN = r"not (?:yet )?(?:available|known|reported)|unavailable|unknown|no (?:data|information)|n\.a\."
_EXPLAINED = [
    (
        re.compile(rf"(?:nil|zero|none)\s*(?:,|/|or)\s*(?:{_NOT_KNOWN})|(?:{_NOT_KNOWN})\s*(?:,|/|or)\s*(?:nil|zero)"),
        "",
    ),
    (re.compile(r"nil|zero|none|no (?:production|trade|exports|imports|reserves)|nichts|null|néant|cero"), "0"),
    (re.compile(rf"{_NOT_KNOWN}|keine angabe|nicht verfügbar|non disponible|no disponible"), "not_available"),
    (re.compile(r"not applicable"), "not_applicable"),
    (re.compile(r"withheld|confidential"), "withheld"),
    (re.compile(r"undisclosed|not disclosed"), "undisclosed"),
]
_NOTE_LENGTH_MAX = 2_000
_SAID_LENGTH_MAX = 60


class CodeMeaning(NamedTuple):
    """What a code stands for, as a mapping writes it, and why."""

    meaning: str
    why: str


def is_code(cell: str) -> bool:
    """Whether a cell is a code that tables have in the place of a number."""
    return cell in _MOSTLY or _IS_DASH.fullmatch(cell) is not None


def meaning_of(code: str, notes: Iterable[str]) -> CodeMeaning | None:
    """What a code stands for, by the notes of its table or as it mostly does; None where nothing says it."""
    for note in notes:
        if (said := _explained(code, note[:_NOTE_LENGTH_MAX])) is not None:
            return said
    if _IS_DASH.fullmatch(code):
        return CodeMeaning("", _OF_DASHES)
    return CodeMeaning(_MOSTLY[code], "mostly so") if code in _MOSTLY else None


def _explained(code: str, note: str) -> CodeMeaning | None:
    """What a note says of a code: `- = nil`, `W Withheld to avoid …`."""
    begins = re.escape(code)
    for found in re.finditer(
        rf"(?:^|(?<=[\s.,;:(\"'])){begins}[\"')]?\s*(?:=|:|,|means|is|stands for)?\s+|^{begins}=", note
    ):
        rest = note[found.end() : found.end() + _SAID_LENGTH_MAX].strip(" \"'=")
        for pattern, meaning in _EXPLAINED:
            if pattern.match(rest.casefold()):
                shown = " ".join((note[found.start() : found.end()] + re.split(r"[;.]\s", rest)[0]).split())
                return CodeMeaning(meaning, f"the table says: {shown}")
    return None
