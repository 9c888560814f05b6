"""Request bodies of large files, written to a temporary file and hashed while they come in.

The file has no name, so it is gone with the request, whatever ends that; and it lies beside the ledger, on the disk
that was chosen to hold a ledger. The system's own temporary folder may be kept in memory.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.formats.answer_file import FULL
from api.problems import Problem
from api.settings import IMPORT_MB
from ledger import StoreError, StoreFull

BLOCK_BYTES = 1024 * 1024


class Spooled(NamedTuple):
    """A body that came in whole: a file, and the SHA-256 of what is in it, in hex."""

    file: BinaryIO
    sha256: str


@asynccontextmanager
async def spooled(request: Request, directory: Path | None, *, bytes_max: int) -> AsyncIterator[Spooled]:
    """The body of a request, until the block ends. Raises Problem, StoreFull, StoreError."""
    state = hashlib.sha256()
    received = 0
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > bytes_max):
        raise _too_large(bytes_max)
    with ExitStack() as stack:
        with _store_errors():
            file = TemporaryFile(dir=directory)  # noqa: SIM115 - closed by the stack
        stack.callback(_close, file)

        def keep(block: bytes) -> None:
            nonlocal received
            received += len(block)
            if received > bytes_max:
                raise _too_large(bytes_max)
            state.update(block)
            with _store_errors():
                file.write(block)
                file.flush()

        await _in_blocks(request, keep)
        yield Spooled(file, state.hexdigest())


async def _in_blocks(request: Request, keep: Callable[[bytes], None]) -> None:
    """Hand the body on in blocks, off the loop that serves the other requests."""
    block = bytearray()
    try:
        async for part in request.stream():
            block += part
            if len(block) >= BLOCK_BYTES:
                await run_in_threadpool(keep, bytes(block))
                block.clear()
    except ClientDisconnect:
        raise Problem(400, "incomplete-body", "The connection ended before the body did.") from None
    await run_in_threadpool(keep, bytes(block))


def _too_large(bytes_max: int) -> Problem:
    return Problem(
        413,
        "content-too-large",
        f"Nothing was recorded: the file has more than {bytes_max} bytes; send it in several parts, or raise "
        f"{IMPORT_MB.variable} on the server.",
        headers={"Connection": "close"},
    )


def _close(file: BinaryIO) -> None:
    """Let a file go: what could not be written before cannot now either, and nobody needs it."""
    with suppress(OSError):
        file.close()


@contextmanager
def _store_errors() -> Iterator[None]:
    """What the disk says, as the ledger says it."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull("the disk is too full to take the file in; nothing was recorded") from error
        raise StoreError("the file could not be kept while it came in; nothing was recorded") from error
