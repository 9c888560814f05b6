"""Requests that were answered, by their idempotency keys; and a chain over them, so that none can be changed unseen.

A link of the chain is the SHA-256 of the link before it and of the SHA-256 of what is kept of the request: its key, the
hash of its body, the position, and the answer.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from ledger.store.sqlite.connection import LogDatastore

START = bytes(32)
"""What stands for the link before the first."""
LINKED_AT_ONCE = 10_000


def link(before: bytes, key: str, digest: bytes, position: int, answer: str) -> bytes:
    """The link of a request after another one."""
    parts = (key.encode(), digest, str(position).encode(), answer.encode())
    said = b"".join(sha256(part).digest() for part in parts)
    return sha256(before + said).digest()


class AnsweredRequests:
    """The requests that one log knows. What writes is called within a transaction."""

    def __init__(self, datastore: LogDatastore) -> None:
        self._datastore = datastore

    def keep(self, key: str, *, digest: bytes, position: int, answer: str) -> None:
        """Keep a request, and add its link to the chain."""
        self._datastore.write("INSERT INTO requests VALUES (?,?,?,?)", [(key, digest, position, answer)])
        self._link([(key, digest, position, answer)])

    def get(self, key: str) -> tuple[bytes, str] | None:
        """The hash of the body and the answer of a request with this key, if there was one."""
        rows = self._datastore.fetch("SELECT digest, answer FROM requests WHERE key = ?", (key,))
        return (rows[0]["digest"], rows[0]["answer"]) if rows else None

    def chain(self) -> tuple[int, bytes]:
        """How many requests are in the chain, and its last link."""
        rows = self._datastore.fetch("SELECT number, hash FROM request_chain ORDER BY number DESC LIMIT 1")
        return (rows[0][0], bytes(rows[0][1])) if rows else (0, START)

    def link_all(self) -> None:
        """Begin the chain over the requests that a program without one has kept, in order of position and key."""
        if self.chain()[0] or not self._datastore.fetch("SELECT 1 FROM requests LIMIT 1"):
            return
        missing = (
            "SELECT key, digest, position, answer FROM requests WHERE key NOT IN (SELECT key FROM request_chain) "
            "ORDER BY position, key LIMIT ?"
        )
        while rows := self._datastore.fetch(missing, (LINKED_AT_ONCE,)):
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
        if self._datastore.fetch("SELECT 1 FROM requests WHERE key NOT IN (SELECT key FROM request_chain) LIMIT 1"):
            return "a request was put in that nobody answered"
        return None

    def _links(self) -> Iterator[tuple[int, str, bytes, bytes | None, int, str]]:
        number = 0
        query = (
            "SELECT number, request_chain.key, hash, digest, position, answer FROM request_chain "
            "LEFT JOIN requests USING (key) WHERE number > ? ORDER BY number LIMIT ?"
        )
        while rows := self._datastore.fetch(query, (number, LINKED_AT_ONCE)):
            yield from map(tuple, rows)
            number = rows[-1][0]

    def _link(self, requests: Iterable[tuple[str, bytes, int, str]]) -> None:
        number, last = self.chain()
        links = []
        for key, digest, position, answer in requests:
            number, last = number + 1, link(last, key, digest, position, answer)
            links.append((number, key, last))
        self._datastore.write("INSERT INTO request_chain VALUES (?,?,?)", links)
