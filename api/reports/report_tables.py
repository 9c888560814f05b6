"""The tables of a report: what the world said, what this ledger answered, and what it corrected."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.reports.audit_findings import disputes, statistics, sums
from api.reports.phrases import CAUSES, NONE, REASONS, instant, percent, said, sentence, signed, unit_words, words
from api.reports.report_facts import FigureFacts, Item
from api.reports.report_parts import Detail, Row, Table
from api.reports.row_details import answer_details, deed, source_details

Names = Mapping[str, str]


def tables_of(figure: FigureFacts, names: Names) -> Iterator[Table]:
    """The tables about one figure, those that have a row."""
    yield published(figure, names)
    if len(figure.stated) > 1:
        yield stated(figure, names)
    if any(len(item["steps"]) for item in figure.statistics):
        yield statistics(figure, names)
    if figure.disputes:
        yield disputes(figure, names)
    if figure.sums:
        yield sums(figure, names)
    if figure.answered:
        yield answered(figure, names)
    if figure.kept:
        yield deeds(figure.kept, names)


def published(figure: FigureFacts, names: Names) -> Table:
    """The history on the publication clock, each statement with its source."""
    standing = {item["event_id"] for item in figure.stated}
    steps = {step["event_id"]: step for item in figure.statistics for step in item["steps"]}
    columns = (("Published", "date"), "Publisher", "Said", ("Change", "number"), ("Change in %", "number"), "Cause")
    rows = [
        Row(
            (
                item["published_at"],
                names.get(item["publisher"], item["publisher"]),
                _with_status(item),
                signed(item["change"]) if item["cause"] != "confirmation" else "",
                percent(item["change_percent"]) if item["cause"] != "confirmation" else "",
                CAUSES[item["cause"]],
            ),
            tuple(source_details(item["event"], item, step=steps.get(item["event_id"]))),
            stands=item["event_id"] in standing,
        )
        for item in figure.published
    ]
    unit = unit_words(figure.key["canonical_unit"])
    about = "What the world said, oldest first; in bold what still stands. Changes are to what the same publisher said "
    about += f"before, in {unit}."
    return Table.of("How it got there", about, columns, rows)


def answered(figure: FigureFacts, names: Names) -> Table:
    """The history on the ledger clock: each answer, and the event that made it."""
    published_events = {item["event_id"] for item in figure.published}
    columns = (
        ("Position", "number"),
        "Recorded",
        "Answer",
        "Publisher",
        ("Change", "number"),
        "Cause",
    )
    rows = [
        Row(
            (
                str(item["position"]),
                instant(item["recorded_at"]),
                said(item) if item["publisher"] else "no answer",
                names.get(item["publisher"], item["publisher"]) if item["publisher"] else NONE,
                signed(item["change"]) if item["change"] != "0" else "",
                CAUSES[item["cause"]],
            ),
            tuple(answer_details(item, among=published_events)),
            stands=item is figure.answered[-1] and figure.answer is not None,
        )
        for item in figure.answered
    ]
    about = (
        "What this ledger answered as it was being filled, for the same date of publication, by position of the log."
    )
    return Table.of("What this ledger answered", about, columns, rows)


def deeds(kept: Sequence[Item], names: Names) -> Table:
    """What this ledger did to its own record of a figure, or of something else."""
    columns = (("Position", "number"), "Recorded", "What", "Statement", "Why")
    rows = [
        Row(
            (
                str(act["position"]),
                instant(act["recorded_at"]),
                deed(act),
                f"{names.get(_publisher(act['of']), _publisher(act['of']))}, {act['of'].get('published_at') or NONE}",
                sentence(REASONS.get(act.get("reason", ""), words(act.get("reason"))) or NONE),
            ),
            (
                Detail("Explanation", act["explanation"]),
                Detail("Target", f"{act['target']}, position {act['of']['position']}", code=True),
                *source_details(act),
            ),
        )
        for act in kept
    ]
    about = "Errors of this ledger's own record, and how they were put right. They are no revisions of a publisher."
    return Table.of("What this ledger corrected", about, columns, rows)


def stated(figure: FigureFacts, names: Names) -> Table:
    """What every publisher says at the viewpoint, beside the answer."""
    columns = ("Publisher", "Slug", ("Published", "date"), "Says", ("Canonical", "number"), "Statement")
    rows = [
        Row(
            (
                names.get(item["publisher"], item["publisher"]),
                item["publisher"],
                item["published_at"],
                _with_status(item),
                said(item, canonical=True),
                f"number {item['statements']}",
            ),
            stands=figure.answer is not None and item["event_id"] == figure.answer["event_id"],
        )
        for item in figure.stated
    ]
    about = "The last statement of each publisher. The answer is the last of a primary source, else of any."
    return Table.of("What each publisher says", about, columns, rows)


def vintages(figure: FigureFacts, names: Names) -> Table:
    """The vintages that the chart draws."""
    columns = (("From", "date"), ("Until", "date"), "Publisher", ("Said", "number"))
    rows = [
        Row(
            (
                item["vintage_date"],
                item["superseded_on"] or "",
                names.get(item["publisher"], item["publisher"]),
                "withdrawn" if item["withdrawn"] else said(item, canonical=True),
            ),
            stands=item["superseded_on"] is None and not item["withdrawn"],
        )
        for item in figure.vintages
    ]
    about = "What each publisher said, from the day on which it said so until the day of its next statement."
    return Table.of("Vintages", about, columns, rows)


def _publisher(event: Mapping[str, Any]) -> str:
    content = event.get("content") or event
    return str((content.get("source") or {}).get("publisher", ""))


def _with_status(item: Mapping[str, Any]) -> str:
    if item.get("cause") == "withdrawal":
        return "withdrawn"
    return ", ".join(part for part in (said(item), words(item.get("status"))) if part)
