"""Request bodies, read raw: the type that they claim, their size while they come in, and strict JSON.

The framework's own parsing would take NaN, duplicate keys and lone surrogates; `ledger.parse_json` takes none of them.
"""

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.problems import Problem

BODY_BYTES_MAX = 64 * 1024 * 1024
DISCARDED_BYTES_MAX = 1024 * 1024 * 1024
"""What a client may send in all before it is cut off: what is more than a body may hold is thrown away until then."""
_UTF_8 = ("utf-8", "utf8", "us-ascii", "ascii")


async def json_bytes(request: Request, *, bytes_max: int | None = None) -> bytes:
    """The bytes of a JSON body. Raises Problem: 415 for another type, 413 for more than `bytes_max` (64 MiB)."""
    bytes_max = BODY_BYTES_MAX if bytes_max is None else bytes_max
    _check_type(request.headers.get("content-type", ""))
    return await body_bytes(request, bytes_max=bytes_max)


async def body_bytes(request: Request, *, bytes_max: int) -> bytes:
    """The bytes of a body of any type. Raises Problem: 415 where it is packed or no UTF-8, 413 for what is too long."""
    check_encoding(request)
    check_charset(request)
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isascii() and announced.isdigit() and len(announced) <= 18 else 0
    if size > DISCARDED_BYTES_MAX or len(announced) > 18:
        raise _too_large(bytes_max)
    body = bytearray()
    received = 0
    try:
        # A client hears an answer only once it has sent its body: what is too much is taken in and thrown away.
        async for chunk in request.stream():
            received += len(chunk)
            if received > DISCARDED_BYTES_MAX:
                raise _too_large(bytes_max)
            if max(received, size) <= bytes_max:
                body += chunk
            else:
                body.clear()
        if received > bytes_max:
            raise _too_large(bytes_max)
    except ClientDisconnect:
        raise Problem(400, "incomplete-body", "The connection ended before the body did.") from None
    return bytes(body)


def check_encoding(request: Request) -> None:
    """Raises Problem where a body is packed."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Problem(415, "unsupported-media-type", "Send the body as it is, without a Content-Encoding.")


def check_charset(request: Request) -> None:
    """Raises Problem where a body says that it is text in anything but UTF-8."""
    settings = (part.strip().lower() for part in request.headers.get("content-type", "").split(";")[1:])
    charset = next((part.partition("=")[2].strip('" ') for part in settings if part.startswith("charset")), "utf-8")
    if charset not in _UTF_8:
        raise Problem(415, "unsupported-media-type", f"Send text in UTF-8, not {charset[:40]}.")


def _check_type(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    main, _, sub = media_type.partition("/")
    if main != "application" or not (sub == "json" or sub.endswith("+json")):
        raise Problem(
            415,
            "unsupported-media-type",
            f"Send JSON with the header Content-Type: application/json, not {media_type[:80] or 'without a type'}.",
        )


def _too_large(bytes_max: int) -> Problem:
    instead = "the events in several requests" if bytes_max == BODY_BYTES_MAX else "less at once"
    return Problem(
        413,
        "content-too-large",
        f"The body is larger than {bytes_max // 1024**2} MiB; send {instead}.",
        headers={"Connection": "close"},
    )
