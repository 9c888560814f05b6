"""What was recorded, or in a dry run would be: an item for each event, and the answers that change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from json import dumps
from typing import Any

from api.client.door_errors import BookError

_WORDS = {"would_record": "would be recorded"}


class Recorded:
    """What became of events: a dictionary for each, with its `event_id`, `position` and `status`.

    After a dry run nothing is recorded: the status is `would_record`, without a position, or `duplicate`, and `effects`
    has the answers before and after.
    """

    def __init__(self, answer: Mapping[str, Any], *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.items: list[dict[str, Any]] = list(answer["items"])
        self.effects: list[dict[str, Any]] = list(answer.get("effects", ()))
        """The figures and things whose answers would change, each `before` and `after`; only of a dry run."""
        self.basis: dict[str, Any] = dict(answer["basis"])

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What is legal, but odd, in each event."""
        return [warning for item in self.items for warning in item.get("warnings", ())]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.items)

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for item in self.items:
            counts[item["status"]] = counts.get(item["status"], 0) + 1
        said = ", ".join(f"{count} {_WORDS.get(status, status)}" for status, count in counts.items())
        answers = "1 answer" if len(self.effects) == 1 else f"{len(self.effects)} answers"
        changed = f", {answers} would change" if self.effects else ""
        return f"Recorded({'dry run: ' if self.dry_run else ''}{said}{changed})"


def json_of(events: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> bytes:
    """Events as they are sent. A Decimal and a date are texts; a number that is none is refused.

    >>> json_of({"value": Decimal("2080.50"), "published_at": date(2025, 1, 31)})
    b'{"value": "2080.50", "published_at": "2025-01-31"}'
    """
    try:
        sent = dict(events) if isinstance(events, Mapping) else [dict(one) for one in events]
        return dumps(sent, ensure_ascii=False, allow_nan=False, default=_text).encode()
    except (TypeError, ValueError) as error:
        raise BookError(f"These are no events: {error}.") from None


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of an event: give texts, numbers, dates, lists, dictionaries")
