"""Receipts of answers: the signed document that shows, to whoever has the ledger's public key, what an answer rests on.

What it holds is in `ledger.proof.signed_receipts`. The events that decided an answer are those that its items name, and
the ledger events on these. Of a question about one figure, or one thing, it has as well every other event of their
streams, and that the checkpoint knows of no more.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from api.distribution import DISTRIBUTION, installed_version
from api.problems import Problem, bad_parameter
from api.questions.asked_paths import API_PREFIX, question_at
from api.questions.page import Page, Validity
from api.questions.parameters import RECEIPT
from ledger import Entry
from ledger.events import LedgerEvent
from ledger.proof import (
    DOCUMENT,
    RECEIPT_EVENTS_MAX,
    VERSION,
    Checkpoint,
    StreamProof,
    canonical_hash,
    event_proofs,
    roots_of,
    with_signature,
)
from ledger.values import POSITION_PREFIX
from projections import FIGURES, Inquiry, Viewpoint, preferences_in_force

FULL = "full"
JSON_NAME = "json"
LOOKED_UP_AT_ONCE = 2048
_NAME = re.compile(rb"[a-z0-9_-]+")
_ID = re.compile(rb'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')


@cache
def software() -> str:
    """The program that answers, and its version."""
    return f"{DISTRIBUTION} {installed_version()}"


def check_receipt(parameters: Mapping[str, str], path: str) -> None:
    """Raises Problem where a receipt is asked for that cannot be had."""
    told = parameters.get(RECEIPT.name)
    if told is None:
        return
    if told != FULL:
        raise bad_parameter(RECEIPT.name, "choice", f"receipt is full, not {told[:40]!r}")
    form = parameters.get("format", JSON_NAME)
    if form != JSON_NAME:
        detail = f"a receipt comes with an answer in JSON, and this one is {form}: ask for JSON, or leave receipt out"
        raise bad_parameter(RECEIPT.name, "not_json", detail)
    if question_at(path) is None:
        detail = f"{path[:200]} is answered without receipts: leave receipt out"
        raise bad_parameter(RECEIPT.name, "no_receipt", detail)


def with_receipt(engine: Inquiry, page: Page, path: str, parameters: Mapping[str, str]) -> Page:
    """The page that answers what a path asks, with its receipt as one more member. Raises Problem."""
    check_receipt(parameters, path)
    question = question_at(path)
    if question is None:
        raise LookupError(f"{path} asks nothing that has receipts")
    ledger, rows, roots = engine.ledger, page.rows(), roots_of(page.basis)
    viewpoint = engine.viewpoint(recorded_as_of=f"{POSITION_PREFIX}{max(roots)}")
    events = _Events(engine, viewpoint)
    figure = _figure_of(path, parameters, page, rows)
    if figure is not None:
        events.take_figure(figure)
    events.take_named(rows, page.more)
    events.take_preferences(rows)
    whole = events.streams(figure) if figure is not None or question.about_one else []
    note, streams = ledger.proofs.mapped_streams(whole)
    events.take_streams(streams)
    size = Checkpoint.parse(note.text).size
    pinned = question.pinned(parameters, page)
    body = {
        "document": DOCUMENT,
        "version": VERSION,
        "origin": ledger.proofs.origin,
        "software": software(),
        "question": {"path": path, "parameters": pinned},
        "basis": dict(page.basis),
        "answer": answer_of(rows, page.more, question.following(page, pinned), floats=isinstance(page.items, list)),
        "events": events.proved(size),
        "streams": [_stream(proof) for proof in streams],
        "grown": [
            {"position": position, "root": root, "proof": _hex(ledger.proofs.consistency(position, size))}
            for position, root in sorted(roots.items())
        ],
        "checkpoint": note.encoded().decode(),
    }
    # Its checkpoint is over the log as it is now: nobody may keep it for longer than that, however old the viewpoint.
    validity = Validity(at_head=size) if page.validity.final else page.validity
    return replace(page.with_members(receipt=with_signature(body, ledger.proofs.key)), validity=validity)


def answer_of(
    rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any], following: str | None, *, floats: bool = True
) -> dict[str, Any]:
    """What a receipt says of an answer: the number of its items, the hashes of all, and of what is beside them.

    `floats` says whether there may be floating-point numbers in the items; tables have none.
    """
    members = {name: canonical_hash(member) for name, member in more.items() if name != RECEIPT.name}
    return {"count": len(rows), "items": canonical_hash(rows, floats=floats), "members": members, "next": following}


class _Events:
    """The events of a receipt, each with the reason why it is there."""

    def __init__(self, engine: Inquiry, viewpoint: Viewpoint) -> None:
        self._engine = engine
        self._viewpoint = viewpoint
        self._entries: dict[int, Entry] = {}
        self._roles: dict[int, str] = {}

    def take_figure(self, figure: UUID) -> None:
        """Every event that is about a figure, with the ledger events on these."""
        events = self._engine.events(figure_id=figure, viewpoint=self._viewpoint, limit=RECEIPT_EVENTS_MAX + 1)
        self._take((one for one in events if issubclass(one.cls, LedgerEvent)), "acts")
        self._take(events, "stream")

    def take_named(self, rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any]) -> None:
        """Every event that the answer names, and the ledger events on these."""
        log = self._engine.ledger.log
        text = orjson.dumps([rows, more], default=str)
        ids = [UUID(one.decode()) for one in dict.fromkeys(_ID.findall(text))]
        known_before, named = set(self._entries), []
        for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
            known = log.known([one.bytes for one in ids[start : start + LOOKED_UP_AT_ONCE]])
            self._take(known.values(), "decided")
            named += [entry for entry in known.values() if entry.position not in known_before]
        if named:
            targets = [entry.event_id for entry in named]
            acts = self._engine.acts_on_events(targets, self._viewpoint, limit=RECEIPT_EVENTS_MAX + 1)
            self._take(self._engine.ledger.at_positions(acts), "acts")

    def take_preferences(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Every preference by which an answer may be as it is: it names a publisher that the answer names, and is for
        everything, or for a metric that the answer names.
        """
        with self._engine.reader(self._viewpoint) as reader:
            found = preferences_in_force(reader)
        if found:
            words = {one.decode() for one in _NAME.findall(orjson.dumps(rows, default=str))}
            may = [
                one
                for one in found
                if (one["metric"] is None or one["metric"] in words) and not words.isdisjoint(one["preferred"])
            ]
            self.take_named([{"event_id": one["event_id"]} for one in may], {})

    def streams(self, figure: UUID | None) -> list[bytes]:
        """The streams of all events, and the figure's own, in which there may be none that counts."""
        own = [] if figure is None else [figure.bytes]
        return list(dict.fromkeys([*own, *(entry.stream_key for entry in self._entries.values())]))

    def take_streams(self, streams: Sequence[StreamProof]) -> None:
        """Every other event of some streams, also those that were recorded since."""
        if (count := sum(one.length for one in streams)) > RECEIPT_EVENTS_MAX:
            raise _too_many(f"what it is about has {count:,} events in all, which a receipt of one thing shows")
        log = self._engine.ledger.log
        for one in streams:
            self._take(log.stream(one.stream, limit=one.length, states=False), "stream", since=True)

    def proved(self, size: int) -> list[dict[str, Any]]:
        """The events in order, each with its leaf and the hashes from there to the root over the first `size`."""
        entries = [entry for _, entry in sorted(self._entries.items())]
        proofs = event_proofs(self._engine.ledger.log, entries, size=size)
        return [
            {"role": self._roles[entry.position], "leaf": orjson.loads(proof.leaf), "proof": _hex(proof.hashes)}
            for entry, proof in zip(entries, proofs, strict=True)
        ]

    def _take(self, entries: Iterable[Entry], role: str, *, since: bool = False) -> None:
        for entry in entries:
            if since or entry.position <= self._viewpoint.position:
                self._entries.setdefault(entry.position, entry)
                if role == "decided" or entry.position not in self._roles:
                    self._roles[entry.position] = role
        if len(self._entries) > RECEIPT_EVENTS_MAX:
            raise _too_many("this answer rests on more")


def _figure_of(path: str, parameters: Mapping[str, str], page: Page, rows: Sequence[Mapping[str, Any]]) -> UUID | None:
    """The figure that a question is about; None where it is about none, or about several."""
    name, _, rest = path.removeprefix(API_PREFIX).partition("/")
    if name != FIGURES.name:
        return None
    told = rest.removesuffix("/history") if rest else parameters.get("figure_id", "")
    if not told and page.next is None and "cursor" not in parameters and len(rows) == 1:
        told = str(rows[0].get("figure_id", ""))
    try:
        return UUID(told)
    except ValueError:
        return None  # several, with commas between


def _too_many(why: str) -> Problem:
    detail = (
        f"a receipt holds {RECEIPT_EVENTS_MAX:,} events, and {why}: ask for fewer items (limit), for less by filters, "
        "or without a receipt"
    )
    return bad_parameter(RECEIPT.name, "too_many_events", detail)


def _stream(proof: StreamProof) -> dict[str, Any]:
    return {
        "stream": proof.stream.hex(),
        "length": proof.length,
        "head": proof.head.hex(),
        "proof": _hex(proof.hashes),
    }


def _hex(hashes: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in hashes]
