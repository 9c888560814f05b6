"""Tables of others: files that can be read, and are no files of events. They are told once, with the likely cure.

For example a table with semicolons, or one whose columns are a country and years.
"""

from collections.abc import Sequence

from ledger.imports.packed_files import what_begins_with

TYPE = "type"
VERDICT = "verdict"
"""The column of a sheet that came back with what is wrong. It is never read."""
_BETWEEN = {";": "semicolons", "\t": "tabs", "|": "bars"}
_A_MAPPING = "give a mapping, which says what its columns are (`supply-ledger mapping suggest FILE` drafts one)"


def no_events(header: Sequence[str]) -> str | None:
    """Why a table with these columns holds no events, and what to do; None where it may."""
    if not header or TYPE in header:
        return None
    for one, name in _BETWEEN.items():
        cells = [cell.strip().strip('"') for column in header for cell in column.split(one)]
        if len(cells) > len(header) and (TYPE in cells or len(header) == 1):
            return f"the columns stand between {name}: save the file with commas, or {_A_MAPPING}"
    for column in header:
        if column.strip().casefold() in (TYPE, "event_type", "event type", "eventtype"):
            return f"the column {column[:80]!r} must be called `type`, in small letters"
    named = ", ".join(repr(column[:40]) for column in header[:8]) + (" ..." if len(header) > 8 else "")
    return (
        f"there is no column `type`, which says what kind of event a row is; the columns are {named}. Where the "
        f"file is a table of another kind, {_A_MAPPING}"
    )


def no_lines(line: bytes) -> str | None:
    """Why a file whose first line is this one is no JSON Lines, and what to do; None where it may be."""
    if (what := what_begins_with(line)) is not None:
        return f"the file is no JSON Lines, but {what}"
    if line.strip() in (b"[", b"{"):
        return (
            "the file is one JSON document over many lines, and JSON Lines has a whole event on each: "
            "`supply-ledger append FILE` and POST /v1/events take an array of events"
        )
    return None
