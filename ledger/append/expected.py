"""What the log knows of the events that a batch will place next: looked up for all of them at once."""

from collections.abc import Sequence

from ledger.append.prepare import Draft
from ledger.codec.entry import Entry
from ledger.events.entities import EntityRegistered
from ledger.store.protocol import LogStore


class Expected:
    """Of some drafts: those that the log holds already, and the earlier events that they name."""

    def __init__(self, drafts: Sequence[Draft], log: LogStore) -> None:
        event_keys = [key for _, key, *_ in drafts if key is not None]
        self.known: dict[bytes, Entry] = log.known(event_keys) if event_keys else {}
        """Entries by the event ids that drafts have chosen; what is placed is added."""
        named = list({event_key for draft in drafts for event_key in draft.earlier_events})
        self.targets: dict[bytes, Entry] = {one.event_key: one for one in log.with_event_ids(named)} if named else {}
        """Recorded events by their ids, that the drafts act on, restate or take back."""
        self.registrations: set[str] = {
            one.body["entity"]
            for one in self.targets.values()
            if one.type == EntityRegistered.__name__ and not one.is_erased
        }
        """The slugs whose registrations are acted on."""
