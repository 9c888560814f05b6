"""Conditional responses: what of an answer a client wants, by what it has already.

One that names the answer it has (`If-None-Match`) gets 304 and no body: the answer's `ETag: "3f2a"` comes back as
`If-None-Match: "3f2a"`. Of an answer that is a file a client can have a range of bytes, and with `If-Range: "3f2a"`
only if it is still that file, else all of the new one. With `If-Match` it gets 412 where the file is another one.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse
from starlette.types import Scope

from api.formats.answer import Answer
from api.formats.answer_file import BLOCK_BYTES, AnswerFile
from api.http.byte_ranges import byte_range
from api.http.visit import visit_of
from api.problems import Problem

HEAD_ONLY = "head_only"
"""Where a connection's scope says that only the headers of the answer are wanted."""


def conditional_response(answer: Answer, scope: Scope) -> Response:
    """An answer as a response to a request. Raises Problem (412, 416)."""
    visit_of(scope).position = answer.position
    sent = Headers(scope=scope)
    body, etag = answer.body, answer.headers["ETag"]
    if isinstance(body, AnswerFile) and "if-match" in sent and not matches(sent.getlist("if-match"), etag):
        raise Problem(412, "precondition-failed", "The file is another one by now: ask for it from its beginning.")
    if matches(sent.getlist("if-none-match"), etag):
        headers = {name: value for name, value in answer.headers.items() if not name.startswith("Content-")}
        return Response(status_code=304, headers=headers)
    if not isinstance(body, AnswerFile):
        return Response(body, headers=answer.headers)
    head_only = scope.get(HEAD_ONLY, False)
    wanted = None
    if "range" in sent and not head_only and sent.get("if-range", etag) == etag:
        wanted = byte_range(sent["range"], body.size)
    if wanted is None:
        return _file_response(body, range(body.size), 200, dict(answer.headers), head_only=head_only)
    place = {"Content-Range": f"bytes {wanted.start}-{wanted.stop - 1}/{body.size}"}
    return _file_response(body, wanted, 206, {**answer.headers, **place}, head_only=False)


def named_response(body: bytes, scope: Scope, headers: Mapping[str, str]) -> Response:
    """Bytes as a response that names itself by what it is, for those who may have it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return conditional_response(Answer({**headers, "ETag": etag}, body), scope)


def _file_response(
    file: AnswerFile, places: range, status: int, headers: dict[str, str], *, head_only: bool
) -> Response:
    if len(places) <= BLOCK_BYTES and not head_only:
        return Response(file.bytes_at(places.start, len(places)), status_code=status, headers=headers)
    headers["Content-Length"] = str(len(places))
    return StreamingResponse(_blocks(file, range(0) if head_only else places), status_code=status, headers=headers)


async def _blocks(file: AnswerFile, places: range) -> AsyncIterator[bytes]:
    """The bytes at some places, read off the loop that serves the other requests."""
    for start in range(places.start, places.stop, BLOCK_BYTES):
        count = min(BLOCK_BYTES, places.stop - start)
        yield await run_in_threadpool(file.bytes_at, start, count) if file.is_large else file.bytes_at(start, count)


def matches(marks: Iterable[str], etag: str) -> bool:
    """Whether the values of `If-None-Match` or `If-Match` name this ETag, weak or strong."""
    named = [mark.strip() for header in marks for mark in header.split(",")]
    return "*" in named or etag.removeprefix("W/") in [mark.removeprefix("W/") for mark in named]
