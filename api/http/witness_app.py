"""The app of a witness: one address, to which logs send their checkpoints (C2SP tlog-witness).

It asks for no key: a checkpoint is signed by its log, and of a log that is not watched nothing is kept.
"""

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.http.problem_responses import error_response, problem_response
from api.problems import Problem
from ledger import LedgerError
from ledger.proof import (
    ADD_CHECKPOINT,
    SIZE_MEDIA_TYPE,
    SUBMISSION_BYTES_MAX,
    Inconsistent,
    NoteError,
    OtherSize,
    SignerKey,
    Submission,
    UnknownLog,
    UntrustedSignature,
    WitnessedLogs,
)

_STATUS: tuple[tuple[type[NoteError], int, str], ...] = (
    (UnknownLog, 404, "unknown-log"),
    (UntrustedSignature, 403, "untrusted-signature"),
    (Inconsistent, 422, "inconsistent"),
    (NoteError, 400, "bad-submission"),
)


def witness_app(logs: WitnessedLogs, key: SignerKey, *, now: Callable[[], datetime]) -> Starlette:
    """The app over the logs that are watched, which signs with this key."""

    async def add_checkpoint(request: Request) -> Response:
        raw = await _body(request)
        try:
            line = await run_in_threadpool(lambda: logs.cosign(Submission.parse(raw), key, now()))
        except OtherSize as error:
            # As it is specified, without the character set that is added to a media type of texts.
            return Response(f"{error.size}\n", status_code=409, headers={"content-type": SIZE_MEDIA_TYPE})
        except NoteError as error:
            status, kind = next((status, kind) for known, status, kind in _STATUS if isinstance(error, known))
            return problem_response(Problem(status, kind, f"Not signed: {error}"))
        return PlainTextResponse(line)

    async def failed(request: Request, error: Exception) -> Response:
        return error_response(error, request.scope)

    return Starlette(
        routes=[Route(ADD_CHECKPOINT, add_checkpoint, methods=["POST"])],
        exception_handlers=dict.fromkeys((Problem, LedgerError, HTTPException, Exception), failed),
    )


async def _body(request: Request) -> bytes:
    blocks = bytearray()
    async for block in request.stream():
        blocks += block
        if len(blocks) > SUBMISSION_BYTES_MAX:
            raise Problem(413, "content-too-large", f"A submission has at most {SUBMISSION_BYTES_MAX} bytes.")
    return bytes(blocks)
