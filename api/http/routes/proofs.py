"""Proof over HTTP: the signed checkpoint of the log, that an event is in it, and that it only ever grew.

Under `/v1` as JSON, with hashes in hex; and as C2SP tlog-tiles has it (`/checkpoint`, `/tile/…`), for programs that
follow logs of any kind.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from api.formats.cells import json_text
from api.http.conditional_responses import named_response
from api.http.openapi import answers, operation
from api.http.responses import in_turn, json_wanted
from api.keys.scopes import READ
from api.problems import Problem, bad_parameter, not_found
from api.questions.parameters import Parameter
from ledger import Ledger
from ledger.proof import Checkpoint, ProofError, tile_entries
from projections import Allowance, Engine

ORDER = 60
WIDTH = 256
DIGITS_MAX = 18
LEVELS_MAX = 8
IMMUTABLE = "public, max-age=31536000, immutable"
_NUMBER = {"type": "integer", "minimum": 0}
SIZE = Parameter("size", "Over how many events, from the first on. Default: all.", schema=_NUMBER)
EVENT_ID = Parameter("event_id", "The event's UUID; or give its `position`.")
POSITION = Parameter("position", "The event's position; or give its `event_id`.", schema={**_NUMBER, "minimum": 1})
FROM = Parameter("from", "The smaller size: how many events there were.", example=0, schema=_NUMBER, required=True)
TO = Parameter("to", "The larger size. Default: all events.", schema=_NUMBER)
_TILE = re.compile(r"(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")

Told = Mapping[str, str]


def checkpoint_of(ledger: Ledger, told: Told) -> dict[str, Any]:
    """The signed checkpoint, and what is in it."""
    proofs = ledger.proofs
    note = proofs.checkpoint(_number(told, "size", ledger.head())) if "size" in told else proofs.mapped_checkpoint()
    checkpoint = Checkpoint.parse(note.text)
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "note": note.encoded().decode(),
        "key": proofs.key.verifier.text(),
    }


def inclusion_of(ledger: Ledger, told: Told) -> dict[str, Any]:
    """That an event is in the log: its leaf, and the hashes from there to the root of the checkpoint."""
    size = _number(told, "size", ledger.head())
    position = _position(ledger, told)
    if position > size:
        raise bad_parameter("size", "range", f"the event has position {position}, so the size is {position} at least")
    proofs = ledger.proofs
    proof = proofs.proof(position, proofs.checkpoint(size))
    (entry,) = ledger.log.at_positions([position])
    (leaf,) = ledger.log.leaves(after=position - 1, until=position)
    erased = ledger.erased([entry]).get(position)
    text: dict[str, Any] = {"salt": None, "digest": None, "state": None, "erased": erased}
    if leaf.salt is not None:
        text = {"salt": leaf.salt.hex(), "digest": entry.digest.hex(), "state": entry.state.decode()}
    return {
        "event_id": str(entry.event_id),
        "position": position,
        "index": proof.index,
        "size": size,
        "root": ledger.log.root(size).hex(),
        "leaf": (proof.leaf or b"").decode(),
        "leaf_hash": leaf.hash.hex(),
        "proof": [one.hex() for one in proof.hashes],
        "content": {"sha256": leaf.content.hex(), **text},
        "note": proof.note.decode(),
        "tlog_proof": proof.encoded().decode(),
    }


def consistency_of(ledger: Ledger, told: Told) -> dict[str, Any]:
    """That the log of one size is the beginning of the log of another: the hashes between the two roots."""
    if "from" not in told:
        raise bad_parameter("from", "required", "from is missing: how many events there were before")
    larger = _number(told, "to", ledger.head())
    smaller = _number(told, "from", larger)
    if smaller > larger:
        raise bad_parameter("from", "range", f"from is {smaller}, and to is {larger}: from is the smaller size")
    return {
        "from": smaller,
        "to": larger,
        "from_root": ledger.log.root(smaller).hex(),
        "to_root": ledger.log.root(larger).hex(),
        "proof": [one.hex() for one in ledger.proofs.consistency(smaller, larger)],
        "note": ledger.proofs.checkpoint(larger).encoded().decode(),
    }


def tile_of(ledger: Ledger, level: str, path: str) -> tuple[bytes, bool]:
    """The bytes of a tile, or of the leaves under one (level `entries`); and whether it is a whole one.

    Raises Problem (404) for a tile that the log is not long enough for, as C2SP tlog-tiles has it.
    """
    found = _TILE.fullmatch(path)
    entries = level == "entries"
    if found is None or not (entries or (level.isascii() and level.isdigit() and int(level) < LEVELS_MAX)):
        raise not_found(f"There is no tile {level}/{path}: write /tile/0/x001/x234/067 or /tile/0/000.p/12.")
    number = int(found["number"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    tier = 0 if entries else int(level)
    last = ((number * WIDTH) + width) << (8 * tier)
    if width >= WIDTH + (found["width"] is None) or last > ledger.head():
        raise not_found(f"The log has {ledger.head()} events, and not yet this tile.")
    if entries:
        begun = number * WIDTH
        return tile_entries(ledger.log, after=begun, until=begun + width), width == WIDTH
    return b"".join(ledger.log.tile(tier, number, width)), width == WIDTH


def router(engine: Engine) -> APIRouter:
    """The endpoints of proof."""
    routes = APIRouter(tags=["proof"])
    ledger = engine.ledger

    def add(path: str, summary: str, text: str, known: tuple[Parameter, ...], tell: Callable[..., Any]) -> None:
        async def read(request: Request) -> Response:
            told = json_wanted(request, known)

            def answer(_: Allowance) -> Response:
                shown = json_text(_shown(tell, ledger, told)).encode()
                headers = {"Cache-Control": "no-cache", "Content-Type": "application/json"}
                return named_response(shown, request.scope, headers)

            return await in_turn(request, answer, large=False)

        read.__doc__ = text
        read.__name__ = f"read_{path.rsplit('/', 1)[-1]}"
        routes.add_api_route(
            path,
            read,
            summary=summary,
            response_class=Response,
            responses=answers(page=False),
            openapi_extra=operation(READ, known),
        )

    add(
        "/v1/checkpoint",
        "The signed state of the log",
        "The root over the log, signed by its key: kept elsewhere, it shows any later change. `note` is the checkpoint "
        "(C2SP tlog-checkpoint), `key` the public key that it is checked with. Example: `GET /v1/checkpoint`",
        (SIZE,),
        checkpoint_of,
    )
    add(
        "/v1/proofs/inclusion",
        "That an event is in the log",
        "The leaf of an event, and the hashes from it to the root of the log (RFC 6962); `content` is what the leaf's "
        "hash of the text is made of, and `tlog_proof` all of it as a file that stands alone. "
        "Example: `GET /v1/proofs/inclusion?position=1`",
        (EVENT_ID, POSITION, SIZE),
        inclusion_of,
    )
    add(
        "/v1/proofs/consistency",
        "That the log only grew",
        "The hashes that show that the first `from` events are still what they were (RFC 6962). "
        "Example: `GET /v1/proofs/consistency?from=0`",
        (FROM, TO),
        consistency_of,
    )

    @routes.get(
        "/checkpoint",
        summary="The signed state of the log, as a note",
        response_class=Response,
        openapi_extra=operation(READ),
    )
    async def read_checkpoint_note(request: Request) -> Response:
        """The checkpoint as C2SP tlog-tiles has it."""

        def answer(_: Allowance) -> Response:
            headers = {"Cache-Control": "no-cache", "Content-Type": "text/plain; charset=utf-8"}
            return named_response(ledger.proofs.mapped_checkpoint().encoded(), request.scope, headers)

        return await in_turn(request, answer, large=False)

    @routes.get(
        "/tile/{level}/{number:path}",
        summary="A tile of the tree",
        response_class=Response,
        openapi_extra=operation(READ),
    )
    async def read_tile(
        request: Request,
        level: Annotated[str, Path(description="0 for the hashes of leaves, 1 and more above; or `entries`")],
        number: Annotated[str, Path(description="Which one, and of an unfinished one the width: 000.p/12")],
    ) -> Response:
        """256 neighbouring hashes of the tree, or the leaves themselves, as C2SP tlog-tiles has it."""

        def answer(_: Allowance) -> Response:
            content, whole = tile_of(ledger, level, number)
            kept = IMMUTABLE if whole or ".p/" in number else "no-cache"
            headers = {"Cache-Control": kept, "Content-Type": "application/octet-stream"}
            return named_response(content, request.scope, headers)

        return await in_turn(request, answer, large=False)

    return routes


def _shown(tell: Callable[[Ledger, Told], dict[str, Any]], ledger: Ledger, told: Told) -> dict[str, Any]:
    try:
        return tell(ledger, told)
    except ProofError as error:
        raise Problem(422, "bad-parameter", f"{error}.") from None


def _number(told: Told, name: str, most: int) -> int:
    """A number of events, at most so many, which is the default."""
    text = told.get(name)
    if text is None:
        return most
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise bad_parameter(name, "number", f"{name} is a number of events, not {text[:40]!r}")
    if int(text) > most:
        raise bad_parameter(name, "range", f"{name} is {most} at most, for there are no more events")
    return int(text)


def _position(ledger: Ledger, told: Told) -> int:
    """The position of the event that is asked for. Raises Problem."""
    if ("event_id" in told) == ("position" in told):
        raise bad_parameter("event_id", "required", "say which event: give event_id or position, one of them")
    if "position" in told:
        position = _number(told, "position", ledger.head())
        if position < 1:
            raise bad_parameter("position", "range", "positions begin with 1")
        return position
    try:
        key = UUID(told["event_id"]).bytes
    except ValueError:
        raise bad_parameter("event_id", "uuid", f"event_id is a UUID, not {told['event_id'][:40]!r}") from None
    found = ledger.log.with_event_ids([key])
    if not found:
        raise not_found(f"No event {told['event_id']} is recorded here.")
    return found[0].position
