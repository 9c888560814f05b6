"""What became since of a row that is there already.

A row is there as the event with its id: the statement that it is, or the correction that it once was, where it
contradicted what stood. For example, a file says 120, which corrected 100, and the next one says 130: who sends the
first file again is told that its 120 was corrected since.
"""

from uuid import UUID

from ledger.append.batch import Batch
from ledger.append.prepare import Draft
from ledger.codec.entry import Entry
from ledger.errors import Refused
from ledger.imports.said_before import is_act


def acted_since(batch: Batch, entry: Entry, row: Draft | Refused | None) -> str | None:
    """`corrected`, `retracted` or `erased`, of an event that was acted upon since it was recorded; else None.

    `row` is what a row that is known by what it says would record; None for one that names its event by an id.
    """
    target = batch.find(entry.event_id)
    if target is not None and target.is_erased:
        return "erased"
    if target is not None and isinstance(row, Draft) and is_act(target.type) and not is_act(row.type):
        target = batch.find(UUID(target.body["target"]))
    if target is None or not any(at > entry.position for at in batch.state.acted.positions(target.event_key)):
        return None
    if batch.content_of(target).stands:
        return "corrected"
    return "erased" if target.is_erased else "retracted"


def acted_on_after(batch: Batch, entry: Entry) -> bool:
    """Whether others acted, after a ledger event, on the event that it acts on."""
    found = batch.find(entry.event_id)
    if found is None or found.is_erased:
        return False
    return any(at > entry.position for at in batch.state.acted.positions(UUID(found.body["target"]).bytes))
