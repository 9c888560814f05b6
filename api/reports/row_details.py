"""What stands under a row of a report: the source of a statement, its event, and what this ledger did about it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from api.reports.phrases import REASONS, counted_from, link, sentence, words
from api.reports.report_facts import Item
from api.reports.report_parts import Detail


def source_details(
    event: Mapping[str, Any], item: Mapping[str, Any] | None = None, *, step: Mapping[str, Any] | None = None
) -> Iterator[Detail]:
    """Where a statement stands: its source as the event has it at the viewpoint, and the event itself.

    `item` is the statement in the history of its figure, `step` its change as the statistics of revisions have it.
    """
    content = event.get("content") or event
    source = content.get("source") or {}
    if item is not None and (end := counted_from(item["published_at"])):
        yield Detail("Date", f"the source prints {item['published_at']}, which counts from the end of {end}")
    if step is not None:
        yield from _change_details(step)
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


def _change_details(step: Mapping[str, Any]) -> Iterator[Detail]:
    if step["kind"] not in (None, "unchanged"):
        yield Detail("Kind of change", f"{words(step['kind'])}: {step['explanation']}")
    if step["announced"] is not None:
        by = step["announced_by"]
        itself = by == step["event_id"]
        yield Detail("Announced", "no" if by is None else "by the statement itself" if itself else f"by the event {by}")


def _acts(event: Mapping[str, Any]) -> Iterator[Detail]:
    for act in event.get("acts", ()):
        yield Detail("This ledger", f"{deed({**act, 'of': event})} at position {act['position']}. {act['explanation']}")


def answer_details(item: Item, *, among: Collection[str]) -> Iterator[Detail]:
    """Why the answer changed, and by which event, unless that is `among` those that the report shows already."""
    event = item["event"]
    if "explanation" in event:
        reason = REASONS.get(event.get("reason", ""), words(event.get("reason")))
        yield Detail("Why", ": ".join(part for part in (sentence(reason), event["explanation"]) if part))
        yield Detail("Target", event["target"], code=True)
    elif item["cause"] == "merge":
        yield Detail("Why", f"{event['merged']} was merged into {event['kept']}. {event.get('reason', '')}".strip())
    if item["event_id"] not in among:
        yield Detail("Event", event["event_id"], code=True)


def deed(act: Mapping[str, Any]) -> str:
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
