"""The words of a report: quantities, dates and causes as a reader says them, with nothing added to what they say."""

import re
import shlex
from collections.abc import Mapping
from datetime import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from ledger.values import parse_moment

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
NONE = "\N{EM DASH}"
CAUSES = {
    "first_report": "First report",
    "confirmation": "Confirmation",
    "conflict": "Conflict",
    "revision": "Revision",
    "withdrawal": "Withdrawal",
    "republication": "Republication",
    "recorded": "Recorded",
    "late_arrival": "Arrived late",
    "correction": "Correction",
    "retraction": "Retraction",
    "reinstatement": "Reinstatement",
    "merge": "Merge",
    "preference": "Preference",
}
MEANINGS = {
    "first_report": "the first that the publisher said of this figure.",
    "confirmation": "the publisher said the same as before, perhaps with another status or note.",
    "conflict": "two statements with the same date of publication: the source contradicts itself.",
    "revision": "the publisher said something else than before.",
    "withdrawal": "the publisher took back what it had said, and says nothing until it publishes again.",
    "republication": "the publisher said something again after a withdrawal.",
    "recorded": "this ledger took a statement down that was the latest of its publisher.",
    "late_arrival": "this ledger took a statement down after it held a later one of the same publisher.",
    "correction": "this ledger had taken a statement down wrongly. No publisher changed its mind.",
    "retraction": "a statement should never have been recorded. No publisher withdrew it.",
    "reinstatement": "a retraction by this ledger was undone.",
    "merge": "two names in this ledger turned out to mean one and the same.",
    "preference": "this ledger asks another publisher first since. No publisher changed its mind.",
}
MEANINGS_OF_THINGS = {
    "first_report": "the first that the publisher said of what happened to the thing.",
    "confirmation": "the publisher said nothing that clashes with what it had said before.",
    "withdrawal": "the publisher took a statement back; what it had said before that stands again.",
}
SYMBOLS = {
    "not_available": "not available",
    "withheld": "withheld",
    "net_exporter": "net exporter",
    "undisclosed": "undisclosed",
    "not_applicable": "not applicable",
}
REASONS = {
    "transcription": "an error of transcription",
    "unit": "a wrong unit",
    "entity": "a wrong entity",
    "date": "a wrong date",
    "duplicate": "a duplicate",
    "other": "another reason",
}
_NUMBER = re.compile(r"(-?)(\d+)(\.\d+)?")


def grouped(number: str) -> str:
    """A number with its thousands set apart by commas, and all its digits."""
    matched = _NUMBER.fullmatch(number)
    if matched is None:
        return number
    sign, whole, fraction = matched.groups("")
    return f"{MINUS if sign else ''}{int(whole):,}{fraction}"


def signed(number: str | None) -> str:
    """A change with its sign; nothing for none."""
    if number is None:
        return ""
    return grouped(number) if number.startswith("-") or not number.strip("0.") else f"+{grouped(number)}"


def percent(number: str | None) -> str:
    """A signed percentage; nothing for none."""
    return f"{signed(number)}{NO_BREAK}%" if number is not None else ""


def unit_words(unit: str) -> str:
    """A unit as it stands after a number."""
    return "%" if unit == "percent" else unit


def said(item: Mapping[str, Any], *, canonical: bool = False) -> str:
    """What a statement says, in the unit as printed or in the canonical one; a withdrawal says nothing."""
    prefix = "canonical_" if canonical else ""
    value, low, high = (_text(item.get(f"{prefix}{part}")) for part in ("value", "low", "high"))
    unit = f"{NO_BREAK}{unit_words(item.get(f'{prefix}unit') or '')}".rstrip(NO_BREAK)
    about = "about " if item.get("approximate") and not canonical else ""
    if value is not None:
        return f"{about}{grouped(value)}{unit}"
    if low is not None and high is not None:
        return f"{about}{grouped(low)} to {grouped(high)}{unit}"
    if low is not None:
        return f"{about}at least {grouped(low)}{unit}"
    if high is not None:
        return f"{about}at most {grouped(high)}{unit}"
    symbol = item.get("symbol")
    return SYMBOLS.get(symbol, symbol.replace("_", " ")) if symbol else NONE


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def words(name: str | None) -> str:
    """A name of the data as words: `mine_production` as mine production."""
    return (name or "").replace("_", " ")


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def counted_from(printed: str) -> str | None:
    """The day from whose end a date of publication counts, where the source printed less than a day."""
    return parse_moment(printed).end.date().isoformat() if len(printed) in (4, 7, 8) else None


def instant(text: str | None) -> str:
    """An instant as a reader says it: the whole day where it is the end of one, else to the second."""
    if text is None:
        return NONE
    at = parse_moment(text).end
    if at.time() == time.max:
        return f"{at.date().isoformat()}, end of day, UTC"
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def day(text: str) -> str:
    """The day of an instant."""
    return parse_moment(text).end.date().isoformat()


def link(url: str | None) -> str | None:
    """The address, where a reader may follow it: http and https with a host, nothing else."""
    if not url or any(not letter.isprintable() or letter.isspace() for letter in url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return url if usable else None


def request(path: str, parameters: Mapping[str, str]) -> str:
    """A request to the API."""
    query = urlencode(parameters, safe=":,/")
    return f"GET /v1/{path}" + (f"?{query}" if query else "")


def command(name: str, parameters: Mapping[str, str]) -> str:
    """The same as a command line, an option a line."""
    options = []
    for key, value in parameters.items():
        if key.startswith("dimension."):
            options.append(f"--dimension {shlex.quote(key.removeprefix('dimension.') + '=' + value)}")
        else:
            options.append(f"--{key.replace('_', '-')} {shlex.quote(value)}")
    return " \\\n  ".join([f"supply-ledger {name}", *options])


def count(number: int, one: str, many: str | None = None) -> str:
    """A number of things: 1 publisher, 2 publishers."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
