"""Unit words: the unit that a header, a title or a pair of brackets in one prints, and how it is written here.

`Production (thousand tonnes)` is in `thousand tonnes`; `(000 t)` is `thousand t`; `cents per pound` is `USD/pound` with
a multiplier of 0.01. What is no unit for certain, as `MT` is none, is said and not guessed.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ledger.values.unit_hints import hint
from ledger.values.unit_table import known_unit

TITLE_LENGTH_MAX = 200
WORDS_MAX = 3
"""How many words of a material may follow a unit, or of a unit stand at the end of a header."""
_BRACKETS = re.compile(r"[\[(]([^\[\]()]+)[\])]")
_THOUSANDS = re.compile(
    r"^(?:in )?(?:['\N{RIGHT SINGLE QUOTATION MARK}]?000s?|1[, .]?000|tsd\.?|th\.)\s+(?:of )?(.+)$", re.I
)
_MILLIONS = re.compile(r"^(?:in )?(?:mio\.?|mill\.?|million|mn)\s+(.+)$", re.I)
_CENTS = re.compile(r"^(?:U\.?S\.? ?)?(?:cents?|cts?\.?|\N{CENT SIGN})\s*(?:/|per|a)\s*(.+)$", re.I)
_DOLLARS = re.compile(r"(?:U\.?S\.? ?)?(?:\$|dollars?\b)", re.I)


class UnitWords(NamedTuple):
    """A unit as a mapping writes it, its multiplier if so, and why: what was printed."""

    unit: str
    times: str | None
    why: str


def unit_in(text: str, *, at_end: bool = False) -> UnitWords | None:
    """The unit that a header prints: in brackets, after a comma, or alone; or, of a header whose last row is units, at
    its end.
    """
    for part in _parts(text[:TITLE_LENGTH_MAX], at_end):
        if (found := _unit_of(part)) is not None:
            return found
    return None


def unclear_in(text: str) -> str | None:
    """What is to be said of brackets that look like a unit and are none for certain."""
    for part in _BRACKETS.findall(text[:TITLE_LENGTH_MAX]):
        if part.strip() and (said := hint(part.strip())).startswith("unclear"):
            return said
    return None


def without_unit(text: str, *, at_end: bool = False) -> str:
    """The header without the unit that it prints."""
    for part in _parts(text, at_end):
        if _unit_of(part) is not None:
            text = text.replace(f"({part})", " ").replace(f"[{part}]", " ")
            if text.strip() == part or text.rstrip().endswith(
                (f", {part}", f",{part}", *((f" {part}",) if at_end else ()))
            ):
                text = text.rstrip().removesuffix(part).rstrip(", ")
            break
    return " ".join(text.split()).strip(" ,;:-")


def _parts(text: str, at_end: bool) -> Iterator[str]:
    yield from (part for part in _BRACKETS.findall(text))
    if "," in text:
        yield text.rpartition(",")[2].strip()
    words = text.strip(" ,;:-").split(" ")
    yield " ".join(words)
    if at_end:
        yield from (" ".join(words[-count:]) for count in range(min(len(words) - 1, WORDS_MAX), 0, -1))


def _unit_of(part: str) -> UnitWords | None:
    """The unit that a text is, perhaps with the material after it: `t REO`, `tonnes of ore`."""
    text, why = " ".join(part.split()).removeprefix("in ").strip(), f"the header says {part.strip()!r}"
    if (found := _exactly(text, why)) is not None:
        return found
    words = text.split(" ")
    for kept in range(len(words) - 1, 0, -1):
        found, rest = _exactly(" ".join(words[:kept]), why), " ".join(words[kept:])
        if found is not None and len(words) - kept <= WORDS_MAX and not rest[0].isdigit() and _is_amount(found.unit):
            return found._replace(why=f"{why}; say {rest!r} in material or dimensions (basis = ...)")
    return None


def _is_amount(unit: str) -> bool:
    known = known_unit(unit)
    return known is not None and known.family in ("mass", "volume", "energy")


def _exactly(text: str, why: str) -> UnitWords | None:
    if not text or text.isdecimal():
        return None
    if known_unit(text) is not None:
        return UnitWords(text, None, why)
    if (cents := _CENTS.match(text)) and known_unit(f"USD/{cents[1]}") is not None:
        return UnitWords(f"USD/{cents[1]}", "0.01", f"{why}; taken as US cents, 0.01 of a dollar")
    for pattern, scale in ((_THOUSANDS, "thousand"), (_MILLIONS, "million")):
        if (found := pattern.match(text)) and known_unit(made := f"{scale} {found[1]}") is not None:
            return UnitWords(made, None, why)
    dollars = _DOLLARS.sub("USD", text)
    if dollars != text and known_unit(dollars) is not None:
        return UnitWords(dollars, None, f"{why}; taken as US dollars")
    return None
