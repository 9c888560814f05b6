"""Requests that were answered, by their idempotency keys; and a chain over them, so that none can be changed unseen.

A link of the chain is the SHA-256 of the link before it and of the SHA-256 of what is kept of the request: its key, the
hash of its body, the position, and the answer.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from uuid import UUID

from ledger.errors import LedgerDamaged
from ledger.store.log_queries import KEEP_LINK, LAST_REQUEST
from ledger.store.protocol import AnsweredRequest
from ledger.store.table_database import TableDatabase

START = bytes(32)
"""What stands for the link before the first."""
LINKED_AT_ONCE = 10_000
READ_AT_ONCE = 1_000
ERASED = "what was said here quoted a text that was erased"


def link(before: bytes, key: str, digest: bytes, position: int, answer: str) -> bytes:
    """The link of a request after another one."""
    parts = (key.encode(), digest, str(position).encode(), answer.encode())
    said = b"".join(sha256(part).digest() for part in parts)
    return sha256(before + said).digest()


def _without(answer: str, event_ids: Collection[str], quoted: Collection[str]) -> tuple[bool, str]:
    """Whether an answer is about one of some events; and the answer without what its warnings quote of some texts."""
    about = any(event_id in answer for event_id in event_ids)
    if not about and '"detail"' not in answer:
        return False, answer
    said = json.loads(answer)
    changed = False
    for item in said["items"]:
        for warning in item.get("warnings", ()):
            said_here = warning["detail"], warning["pointer"]
            if item["event_id"] in event_ids or any(text in one for text in quoted for one in said_here):
                warning["detail"], warning["pointer"], changed = ERASED, "", True
    return about, json.dumps(said) if changed else answer


class AnsweredRequests:
    """The requests that one log knows. What writes is called within a transaction."""

    def __init__(self, database: TableDatabase) -> None:
        self._database = database

    def keep(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep a request, and add its link to the chain."""
        self._database.write("INSERT INTO requests VALUES (?,?,?,?)", [(key, digest, position, answer)])
        self._link([(key, digest, position, answer)])

    def keep_all(self, requests: Sequence[AnsweredRequest]) -> None:
        """Keep requests in their order."""
        rows = [(one.key, one.digest, one.position, one.answer) for one in requests]
        self._database.write("INSERT INTO requests VALUES (?,?,?,?)", rows)
        self._link(rows)

    def between(self, *, after: int, until: int) -> Iterator[AnsweredRequest]:
        """The requests with after < number <= until, in order. Raises LedgerDamaged where one is gone."""
        query = (
            "SELECT number, request_chain.key, digest, position, answer FROM request_chain "
            "LEFT JOIN requests USING (key) WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"
        )
        while rows := self._database.fetch(query, (after, until, READ_AT_ONCE)):
            for row in rows:
                after += 1
                if row[0] != after or row[2] is None:
                    raise LedgerDamaged(f"request {after} of those that were answered is gone")
                yield AnsweredRequest(*row)

    def link_at(self, number: int) -> bytes:
        """The link of a request. Raises LedgerDamaged where it is gone."""
        if number == 0:
            return START
        rows = self._database.fetch("SELECT hash FROM request_chain WHERE number = ?", (number,))
        if not rows:
            raise LedgerDamaged(f"request {number} of those that were answered is gone")
        return bytes(rows[0][0])

    def erase(self, event_ids: Collection[UUID], quoted: Collection[str], *, after: int) -> None:
        """Take away what answers behind a position quote of texts that are erased, and the hashes of the bodies that
        held these: who guesses such a body could tell from its hash that the guess is right.
        """
        ids = {str(event_id) for event_id in event_ids}
        changed: list[tuple[bytes, str, str]] = []
        last = ""
        query = "SELECT key, digest, answer FROM requests WHERE key > ? AND position > ? ORDER BY key LIMIT ?"
        while rows := self._database.fetch(query, (last, after, LINKED_AT_ONCE)):
            for key, digest, answer in rows:
                recorded, anew = _without(answer, ids, quoted)
                if recorded or anew != answer:
                    changed.append((b"" if recorded else digest, anew, key))
            last = rows[-1][0]
        if changed:
            self._database.write("UPDATE requests SET digest = ?, answer = ? WHERE key = ?", changed)
            self._link_anew([key for *_, key in changed])

    def _link_anew(self, keys: Collection[str]) -> None:
        """Make the chain anew from the first of these requests on."""
        rows = (self._database.fetch("SELECT number FROM request_chain WHERE key = ?", (key,)) for key in keys)
        number = min(row[0][0] for row in rows) - 1
        before = START
        if number:
            ((before,),) = self._database.fetch("SELECT hash FROM request_chain WHERE number = ?", (number,))
        links = []
        for place, key, _, digest, position, answer in self._links(after=number):
            before = link(before, key, digest or b"", position, answer)
            links.append((before, place))
        self._database.write("UPDATE request_chain SET hash = ? WHERE number = ?", links)

    def get(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        rows = self._database.fetch("SELECT digest, answer FROM requests WHERE key = ?", (key,))
        return (rows[0][0], rows[0][1]) if rows else None

    def chain(self) -> tuple[int, bytes]:
        """How many requests are in the chain, and its last link."""
        rows = self._database.fetch(LAST_REQUEST)
        return (rows[0][0], bytes(rows[0][1])) if rows else (0, START)

    def link_all(self) -> None:
        """Begin the chain over the requests that a program without one has kept, in order of position and key."""
        if self.chain()[0] or not self._database.fetch("SELECT 1 FROM requests LIMIT 1"):
            return
        missing = (
            "SELECT key, digest, position, answer FROM requests WHERE key NOT IN (SELECT key FROM request_chain) "
            "ORDER BY position, key LIMIT ?"
        )
        while rows := self._database.fetch(missing, (LINKED_AT_ONCE,)):
            self._link((row[0], row[1], row[2], row[3]) for row in rows)

    def first_wrong(self) -> str | None:
        """What is wrong with the first link that is not as it should be; None where all are right."""
        before = START
        for number, (place, key, hashed, digest, position, answer) in enumerate(self._links(), start=1):
            if place != number or digest is None:
                return f"request {number} of those that were answered is gone"
            if link(before, key, digest, position, answer) != hashed:
                return f"the answer to the request with the key {key[:80]!r} is not the one that was given"
            before = hashed
        # In one statement, since requests come in meanwhile.
        if self._database.fetch("SELECT 1 FROM requests WHERE key NOT IN (SELECT key FROM request_chain) LIMIT 1"):
            return "a request was put in that nobody answered"
        return None

    def _links(self, after: int = 0) -> Iterator[tuple[int, str, bytes, bytes | None, int, str]]:
        number = after
        query = (
            "SELECT number, request_chain.key, hash, digest, position, answer FROM request_chain "
            "LEFT JOIN requests USING (key) WHERE number > ? ORDER BY number LIMIT ?"
        )
        while rows := self._database.fetch(query, (number, LINKED_AT_ONCE)):
            yield from map(tuple, rows)
            number = rows[-1][0]

    def _link(self, requests: Iterable[tuple[str, bytes, int, str]]) -> None:
        number, last = self.chain()
        links = []
        for key, digest, position, answer in requests:
            number, last = number + 1, link(last, key, digest, position, answer)
            links.append((number, key, last))
        self._database.write(KEEP_LINK, links)
