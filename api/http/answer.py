"""An answer as it goes out: its headers and its bytes. It can be given again to whoever asks the same, and not at all
to who has it already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fastapi import Response


@dataclass(frozen=True)
class Answer:
    """Headers, an `ETag` among them, and a body."""

    headers: Mapping[str, str]
    body: bytes

    def response(self, if_none_match: Iterable[str]) -> Response:
        """The answer, or 304 where the client has it, by the values of its `If-None-Match`."""
        if held(if_none_match, self.headers["ETag"]):
            headers = {name: value for name, value in self.headers.items() if not name.startswith("Content-")}
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=self.headers)


def held(sent: Iterable[str], etag: str) -> bool:
    """Whether a client has an answer already."""
    marks = [mark.strip() for header in sent for mark in header.split(",")]
    return "*" in marks or etag.removeprefix("W/") in [mark.removeprefix("W/") for mark in marks]
