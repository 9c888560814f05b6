"""The log as a stream: its events in order of position, a batch at a time, and on from where the last one ended.

A batch says up to which position everything was looked at (`seen`), so that a stream with filters goes on from there,
though nothing of what lies before was for it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.problems import bad_parameter
from api.questions.resources import EVENT_FILTERS, events
from projections import Inquiry

STREAM = EVENT_FILTERS
BATCH_EVENTS = 100


class Batch(NamedTuple):
    """Some events, the position up to which there are no others, and whether there are more behind it already."""

    events: list[dict[str, Any]]
    seen: int
    has_more: bool = False


def next_batch(inquiry: Inquiry, parameters: Mapping[str, str]) -> Batch:
    """The first events after the position `after` that pass the filters. Raises Problem and FilterError."""
    page = events(inquiry, parameters, limit=BATCH_EVENTS)
    after, head = int(parameters.get("after", "0")), int(page.basis["position"])
    if after > head:
        # Whoever saw more than there is has seen another ledger, or this one before it was restored from a backup.
        raise bad_parameter(
            "after",
            "beyond_head",
            f"the log ends at position {head}, before {after}: begin anew, without after and Last-Event-ID",
        )
    items: list[dict[str, Any]] = list(page.items)
    has_more = page.next is not None
    return Batch(items, int(items[-1]["position"]) if has_more else head, has_more)
