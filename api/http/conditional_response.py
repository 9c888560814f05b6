"""Conditional responses: a client that names the answer it has already (`If-None-Match`) gets 304 and no body.

Example: the answer's `ETag: "3f2a"` comes back as `If-None-Match: "3f2a"`.
"""

from collections.abc import Iterable

from fastapi import Response

from api.formats.answer import Answer


def conditional_response(answer: Answer, if_none_match: Iterable[str]) -> Response:
    """An answer as a response, or 304 where the client has it, by the values of its `If-None-Match`."""
    if matches(if_none_match, answer.headers["ETag"]):
        headers = {name: value for name, value in answer.headers.items() if not name.startswith("Content-")}
        return Response(status_code=304, headers=headers)
    return Response(answer.body, headers=answer.headers)


def matches(if_none_match: Iterable[str], etag: str) -> bool:
    """Whether the values of `If-None-Match` name this ETag, weak or strong."""
    marks = [mark.strip() for header in if_none_match for mark in header.split(",")]
    return "*" in marks or etag.removeprefix("W/") in [mark.removeprefix("W/") for mark in marks]
