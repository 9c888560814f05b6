"""The tables of a report on a thing that holds over time: what was said of it, how stated dates moved, who differs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from api.reports.phrases import CAUSES, NONE, grouped, instant, said, signed, words
from api.reports.report_parts import Detail, Row, Table
from api.reports.report_tables import deeds
from api.reports.row_details import answer_details, source_details
from api.reports.thing_facts import Item, ThingFacts

Names = Mapping[str, str]
NOBODY = "nobody in particular"


def thing_tables(thing: ThingFacts, names: Names) -> Iterator[Table]:
    """The tables about one thing, those that have a row."""
    if thing.published:
        yield told(thing, names)
    if thing.slips:
        yield slips(thing, names)
    if thing.disputes:
        yield disagreements(thing, names)
    if thing.answered:
        yield answers(thing, names)
    if thing.kept:
        yield deeds(thing.kept, names)


def told(thing: ThingFacts, names: Names) -> Table:
    """The history on the publication clock, each statement with its source."""
    columns = (
        *(("Published", "date"), "Publisher", "What", "Part", ("Since", "date"), ("Until", "date")),
        *(("Moved by days", "number"), "Cause"),
    )
    rows = [
        Row(
            (
                item["published_at"],
                called(item["publisher"], names),
                happening(item["transition"]),
                words(item["part"]),
                item["effective_from"] or "",
                item["effective_to"] or "",
                signed(_days(item["shift_days"])) if item["shift_days"] else "",
                CAUSES[item["cause"]],
            ),
            (*_said(item, names), *source_details(item["event"], item)),
        )
        for item in thing.published
    ]
    about = (
        "What the world said, oldest first. A date has moved by so many days since the same publisher stated it before."
    )
    return Table.of("How it got there", about, columns, rows)


def slips(thing: ThingFacts, names: Names) -> Table:
    """How far the dates that each publisher stated of each transition moved."""
    columns = (
        *("What", "Part", "Publisher", ("First stated", "date"), ("Last stated", "date"), ("Moved by days", "number")),
        *(("Restated", "number"), "Happened"),
    )
    rows = [
        Row(
            (
                happening(item["transition"]),
                words(item["part"]),
                called(item["publisher"], names),
                item["first_effective_from"],
                item["effective_from"],
                signed(_days(item["shift_days"])) if item["shift_days"] is not None else NONE,
                grouped(str(item["restated"])),
                "yes" if item["happened"] else "not that anybody says",
            ),
            stands=bool(item["restated"]),
        )
        for item in thing.slips
    ]
    about = (
        "The dates that each publisher stated, first and last; in bold where they moved. Days are from start to start, "
    )
    about += "and left out where the dates are too coarse to tell."
    return Table.of("How stated dates moved", about, columns, rows)


def disagreements(thing: ThingFacts, names: Names) -> Table:
    """The stretches of time in which what publishers said of one transition could not all be so."""
    columns = (
        "What",
        "Part",
        "Differing in",
        ("Since", "date"),
        ("Until", "date"),
        ("Days apart", "number"),
        "Between",
    )
    rows = [
        Row(
            (
                happening(item["transition"]),
                words(item["part"]),
                ", ".join(map(words, item["fields"])),
                item["since"],
                item["until"] or "open",
                grouped(str(item["days_apart"])) if item["days_apart"] is not None else NONE,
                "; ".join(dict.fromkeys(called(one["publisher"], names) for one in item["publishers"])),
            ),
            tuple(
                Detail(
                    "Says" if item["status"] == "open" else "Said",
                    f"{called(one['publisher'], names)}: {_of_dispute(one, item['fields'], names)} "
                    f"({one['published_at']})",
                )
                for one in item["publishers"]
            ),
            stands=item["status"] == "open",
        )
        for item in thing.disputes
    ]
    about = "Stretches of time in which what publishers had said of one transition could not all be so."
    return Table.of("Who disagrees", about, columns, rows)


def answers(thing: ThingFacts, names: Names) -> Table:
    """The history on the ledger clock: each answer, and the event that made it."""
    columns = (
        *(("Position", "number"), "Recorded", "Part", "Answer", ("Since", "date"), ("Until", "date"), "Publisher"),
        "Cause",
    )
    published = {item["event_id"] for item in thing.published}
    rows = [
        Row(
            (
                str(item["position"]),
                instant(item["recorded_at"]),
                words(item["part"]),
                status(item) or "no answer",
                item["effective_from"] or "",
                item.get("effective_to") or "",
                called(item["publisher"], names) if item["status"] else NONE,
                CAUSES[item["cause"]],
            ),
            tuple(answer_details(item, among=published)),
            stands=bool(thing.items) and item is thing.answered[-1],
        )
        for item in thing.answered
    ]
    about = (
        "What this ledger answered as it was being filled, for the same date of publication, by position of the log."
    )
    return Table.of("What this ledger answered", about, columns, rows)


def stated_dates(thing: ThingFacts, names: Names) -> Table:
    """The vintages that the charts draw."""
    columns = (("From", "date"), ("Until", "date"), "What", "Part", "Publisher", ("Stated", "date"))
    rows = [
        Row(
            (
                item["vintage_date"],
                item["superseded_on"] or "",
                happening(item["transition"]),
                words(item["part"]),
                called(item["publisher"], names),
                item["effective_from"],
            ),
            stands=item["superseded_on"] is None,
        )
        for item in thing.vintages
    ]
    about = "The dates that each publisher stated, from the day on which it did so until the day of its next statement."
    return Table.of("Stated dates", about, columns, rows)


def called(slug: str | None, names: Names) -> str:
    """What a publisher is called."""
    return NOBODY if slug is None else names.get(slug, slug)


def happening(transition: str) -> str:
    """A type of event in words: `FacilityCommissioned` as facility commissioned."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in transition)
    return spaced.strip().replace("mo u", "MoU").capitalize().replace("Mou", "MoU")


def status(item: Mapping[str, Any]) -> str:
    """The status of an item in words."""
    return "MoU" if item["status"] == "mou" else words(item["status"])


def shown(name: str, value: Any, names: Names) -> str:
    """A value of an item as a reader says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if "unit" in value and not {*value} - {"value", "low", "high", "unit"}:
            return said(value)
        if "entity" in value:
            role = f" ({value['role']})" if value.get("role") else ""
            return names.get(value["entity"], str(value["entity"])) + role
        return "; ".join(f"{words(key)}: {shown(key, part, names)}" for key, part in value.items() if part is not None)
    if isinstance(value, list):
        return ", ".join(shown(name, one, names) for one in value) or NONE
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return shown(name, json.loads(value), names)
        except ValueError:
            return value
    return names.get(str(value), str(value))


def _said(item: Item, names: Names) -> Iterator[Detail]:
    for name, value in (item["says"] or {}).items():
        yield Detail(words(name).capitalize(), shown(name, value, names))
    if item["changed"]:
        yield Detail("Other than before", ", ".join(map(words, item["changed"])))


def _of_dispute(one: Item, fields: list[str], names: Names) -> str:
    return ", ".join(
        f"{words(name)} {shown(name, one[name], names)}" for name in fields if one.get(name) is not None
    ) or words("nothing of it")


def _days(days: int | None) -> str | None:
    return None if days is None else str(days)
