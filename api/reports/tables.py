"""The tables of a report: what the world said, what this ledger answered, what it corrected, where sources differ."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.reports.gathering import FigureFacts, Item
from api.reports.presentation import Column, Detail, Row, Table
from api.reports.wording import (
    CAUSES,
    NONE,
    REASONS,
    count,
    counted_from,
    grouped,
    instant,
    link,
    percent,
    said,
    sentence,
    signed,
    unit_words,
    words,
)

Names = Mapping[str, str]
VERDICTS = {
    "equal": "equal",
    "rounding": "within rounding",
    "perhaps_rounding": "perhaps rounding",
    "gap": "gap",
    "incomplete": "incomplete",
}


def tables_of(figure: FigureFacts, names: Names) -> Iterator[Table]:
    """The tables about one figure, those that have a row."""
    yield published(figure, names)
    if len(figure.stated) > 1:
        yield stated(figure, names)
    if figure.disputes:
        yield disputes(figure, names)
    if figure.sums:
        yield sums(figure, names)
    if figure.answered:
        yield answered(figure, names)
    if figure.kept:
        yield kept(figure, names)


def published(figure: FigureFacts, names: Names) -> Table:
    """The history on the publication clock, each statement with its source."""
    standing = {item["event_id"] for item in figure.stated}
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
            tuple(source_details(item["event"], item)),
            stands=item["event_id"] in standing,
        )
        for item in figure.published
    ]
    unit = unit_words(figure.key["canonical_unit"])
    about = "What the world said, oldest first; in bold what still stands. Changes are to what the same publisher had "
    about += f"said before, in {unit}."
    return _table("How it got there", about, columns, rows)


def answered(figure: FigureFacts, names: Names) -> Table:
    """The history on the ledger clock: each answer, and the event that made it."""
    told = {item["event_id"] for item in figure.published}
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
            tuple(_answer_details(item, among=told)),
            stands=item is figure.answered[-1] and figure.answer is not None,
        )
        for item in figure.answered
    ]
    about = (
        "What this ledger answered for the same date of publication as it was being filled, oldest first. The position "
    )
    about += "is that of the event that made the answer. Whether a publisher changed its mind, the first table says."
    return _table("What this ledger answered", about, columns, rows)


def kept(figure: FigureFacts, names: Names) -> Table:
    """What this ledger did to its own record of the figure."""
    columns = (("Position", "number"), "Recorded", "What", "Statement", "Why")
    rows = [
        Row(
            (
                str(act["position"]),
                instant(act["recorded_at"]),
                _deed(act),
                f"{names.get(_publisher(act['of']), _publisher(act['of']))}, {act['of'].get('published_at') or NONE}",
                sentence(REASONS.get(act.get("reason", ""), words(act.get("reason"))) or NONE),
            ),
            (
                Detail("Explanation", act["explanation"]),
                Detail("Target", f"{act['target']}, position {act['of']['position']}", code=True),
                *source_details(act),
            ),
        )
        for act in figure.kept
    ]
    about = "Errors of this ledger's own record, and how they were put right. They are no revisions of a publisher."
    return _table("What this ledger corrected", about, columns, rows)


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
                f"number {item['revision'] + 1}",
            ),
            stands=figure.answer is not None and item["event_id"] == figure.answer["event_id"],
        )
        for item in figure.stated
    ]
    about = "The last statement of each publisher. The answer is the last of a primary source, else of any."
    return _table("What each publisher says", about, columns, rows)


def disputes(figure: FigureFacts, names: Names) -> Table:
    """The stretches of time in which publishers differed."""
    columns = (
        ("Since", "date"),
        ("Until", "date"),
        ("Days", "number"),
        ("Spread", "number"),
        ("Spread in %", "number"),
        "Between",
    )
    rows = [
        Row(
            (
                item["since"],
                item["until"] or "open",
                grouped(str(item["days"])),
                grouped(item["spread"]) if item["spread"] is not None else NONE,
                percent(item["spread_percent"]).lstrip("+") or NONE,
                _between(item, names),
            ),
            tuple(_dispute_details(item, names)),
            stands=item["status"] == "open",
        )
        for item in figure.disputes
    ]
    about = (
        "Stretches of time in which what had been published contradicted itself. The spread is the highest less the "
    )
    about += f"lowest number, in {unit_words(figure.key['canonical_unit'])}; in %, of the median."
    return _table("Disputes", about, columns, rows)


def sums(figure: FigureFacts, names: Names) -> Table:
    """The figure as a total, beside its parts as the same publisher states them."""
    columns = ("Publisher", "Parts", ("Total", "number"), ("Sum", "number"), ("Gap", "number"), "Verdict")
    rows = [
        Row(
            (
                names.get(item["publisher"], item["publisher"]),
                f"by {words(item['dimension'] or item['by'])}",
                _number(item["total"]),
                _number(item["parts_sum"]),
                _number(item["gap"]) if item["verdict"] != "incomplete" else "",
                VERDICTS[item["verdict"]],
            ),
            tuple(_parts(item, names)),
        )
        for item in figure.sums
    ]
    about = "The total beside the sum of its declared parts, both as the publisher last states them, in "
    about += (
        f"{unit_words(figure.key['canonical_unit'])}. The sum of what is incomplete is over the parts that there are."
    )
    return _table("Does it add up", about, columns, rows)


def _parts(item: Item, names: Names) -> Iterator[Detail]:
    called = names if item["by"] == "subject" else {}
    parts = [f"{called.get(part['part'], words(part['part']))} {grouped(part['value'])}" for part in item["parts"]]
    yield Detail("Parts", "; ".join(parts) or NONE)
    missing = [
        f"{called.get(part['part'], words(part['part']))} ({words(part['says']) or 'nothing said'})"
        for part in item["missing"]
    ]
    if missing:
        yield Detail("No number for", "; ".join(missing))
    if item["verdict"] not in ("incomplete", "equal"):
        yield Detail("Rounding", f"explains {_number(item['rounding'])}, at most {_number(item['rounding_at_most'])}")


def _number(text: str | None) -> str:
    return NONE if text is None else grouped(text)


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
    return _table("Vintages", about, columns, rows)


def source_details(event: Mapping[str, Any], item: Mapping[str, Any] | None = None) -> Iterator[Detail]:
    """Where a statement stands: its source as the event has it at the viewpoint, and the event itself."""
    content = event.get("content") or event
    source = content.get("source") or {}
    if item is not None and (end := counted_from(item["published_at"])):
        yield Detail("Date", f"the source prints {item['published_at']}, which counts from the end of {end}")
    named = [source[part] for part in ("title", "edition", "locator") if source.get(part)]
    if named:
        yield Detail("Source", "; ".join(named))
    if source.get("kind") == "secondary":
        yield Detail("Kind", "secondary: the publisher repeats what others produce")
    if source.get("via"):
        yield Detail("Via", source["via"])
    if source.get("url"):
        yield Detail("Address", source["url"], url=link(source["url"]))
    for name, label in (("reference", "Reference"), ("retrieved_on", "Retrieved"), ("sha256", "SHA-256")):
        if source.get(name):
            yield Detail(label, source[name], code=name == "sha256")
    if content.get("note"):
        yield Detail("Note", content["note"])
    yield Detail("Event", f"{event['event_id']}, position {event['position']}", code=True)
    if item is not None:
        yield from _acts(event)


def _acts(event: Mapping[str, Any]) -> Iterator[Detail]:
    for act in event.get("acts", ()):
        yield Detail(
            "This ledger", f"{_deed({**act, 'of': event})} at position {act['position']}. {act['explanation']}"
        )


def _answer_details(item: Item, *, among: Collection[str]) -> Iterator[Detail]:
    """Why the answer changed, and by which event, unless that is among those told of already."""
    event = item["event"]
    if "explanation" in event:
        reason = REASONS.get(event.get("reason", ""), words(event.get("reason")))
        yield Detail("Why", ": ".join(part for part in (sentence(reason), event["explanation"]) if part))
        yield Detail("Target", event["target"], code=True)
    elif item["cause"] == "merge":
        yield Detail("Why", f"{event['merged']} was merged into {event['kept']}. {event.get('reason', '')}".strip())
    if item["event_id"] not in among:
        yield Detail("Event", event["event_id"], code=True)


def _deed(act: Mapping[str, Any]) -> str:
    """What a ledger event did, in words."""
    if act["type"] != "EventCorrected":
        return "Retracted" if act["type"] == "EventRetracted" else "Reinstated"
    changes = [
        f"{words(path)} {_at(act['of'], path)} corrected to {_shown(new)}" for path, new in act["changes"].items()
    ]
    return sentence("; ".join(changes))


def _at(event: Mapping[str, Any], path: str) -> str:
    """What an event was recorded with at a dotted path."""
    value: Any = event
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) or "(none)"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "(none)"
    return str(value)


def _publisher(event: Mapping[str, Any]) -> str:
    content = event.get("content") or event
    return str((content.get("source") or {}).get("publisher", ""))


def _between(item: Item, names: Names) -> str:
    slugs = list(dict.fromkeys(part["publisher"] for part in item["publishers"]))
    return "; ".join(names.get(slug, slug) for slug in slugs)


def _dispute_details(item: Item, names: Names) -> Iterator[Detail]:
    verb = "Says" if item["status"] == "open" else "Said"
    for part in item["publishers"]:
        yield Detail(verb, f"{names.get(part['publisher'], part['publisher'])}: {said(part)} ({part['published_at']})")
    yield Detail("Begun by", _turn(item["began_by"], names))
    if item["ended_by"]:
        yield Detail("Ended by", _turn(item["ended_by"], names))


def _turn(event: Mapping[str, Any], names: Names) -> str:
    publisher = names.get(event["publisher"], event["publisher"])
    return f"{CAUSES[event['cause']].lower()} of {publisher}, position {event['position']}"


def _with_status(item: Mapping[str, Any]) -> str:
    if item.get("cause") == "withdrawal":
        return "withdrawn"
    return ", ".join(part for part in (said(item), words(item.get("status"))) if part)


def _table(title: str, about: str, columns: Sequence[str | tuple[str, str]], rows: Iterable[Row]) -> Table:
    named = tuple(Column(one) if isinstance(one, str) else Column(*one) for one in columns)
    return Table(title, about, named, tuple(rows))


__all__ = ["count", "published", "source_details", "tables_of", "vintages"]
