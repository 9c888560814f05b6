"""The log as a recorder of the eventsourcing library, so that whatever reads a log of that library reads this one."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from ledger.codec.entry import Entry
from ledger.errors import StoreError
from ledger.store.log_queries import marks


class LibraryRecorder:
    """The library's interface over the tables of a log; it stands before the library's recorder for the database."""

    @abstractmethod
    def head(self) -> int:
        """The last position."""

    @abstractmethod
    def _select(self, where: str, params: Sequence[Any], *, order: str, limit: int | None = None) -> list[Entry]:
        """The entries that a condition finds."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Raises StoreError: events come in through `Ledger.append`, which checks them and gives them a place."""
        raise StoreError("events come in through Ledger.append, which checks them and gives them a place")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream, in order of version."""
        key = originator_id.bytes if isinstance(originator_id, UUID) else UUID(originator_id).bytes
        entries = self._select(
            "originator_id = ? AND originator_version > ? AND originator_version <= ?",
            (key, gt or 0, lte if lte is not None else 2**62),
            order=f"originator_version {'DESC' if desc else 'ASC'}",
            limit=limit,
        )
        return [StoredEvent(one.stream, one.stream_version, one.type, one.state) for one in entries]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The log in order of position."""
        first = (start or 0) if inclusive_of_start else (start or 0) + 1
        entries = self._select(
            "position >= ? AND position <= ?" + (f" AND topic IN ({marks(topics)})" if topics else ""),
            (first, stop if stop is not None else 2**62, *topics),
            order="position",
            limit=limit,
        )
        return [Notification(one.stream, one.stream_version, one.type, one.state, one.position) for one in entries]

    def max_notification_id(self) -> int:
        """The head of the log."""
        return self.head()
