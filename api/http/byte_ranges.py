"""Byte ranges: a part of an answer that is a file (RFC 9110, section 14).

For example `Range: bytes=-8` of a file of 1,000 bytes is answered 206 with the last eight, and
`Content-Range: bytes 992-999/1000`. One range at a time: who asks for several gets all of the file, as who asks in
words that are not understood.
"""

import re

from api.problems import Problem

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


def byte_range(header: str, size: int) -> range | None:
    """The places that a `Range` header asks for; None for all. Raises Problem (416) where there are none of them."""
    asked = _RANGE.fullmatch(header.strip())
    if asked is None or asked[1] == asked[2] == "":
        return None
    first, last = asked[1], asked[2]
    if first == "":
        places = range(max(size - int(last), 0), size)
    else:
        if last and int(last) < int(first):
            return None
        places = range(int(first), min(int(last) + 1, size) if last else size)
    if not places:
        raise Problem(
            416,
            "range-not-satisfiable",
            f"The file has {size} bytes, and none of them is in {header[:60]!r}: ask for bytes from 0 to {size - 1}.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return places
