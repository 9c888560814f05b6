"""The standard input as a file of events, for `supply-ledger import -`: its first bytes say what it is."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from api.cli.session import MISUSED, fail

STANDARD_INPUT = Path("-")
_LOOKED_AT = 1024


@contextmanager
def standard_input_file(*, is_table: bool) -> Iterator[Path]:
    """A file with what comes in, until the block ends: `.parquet`, `.jsonl` where it begins as an object does, or
    `.csv`. Of what is read by a mapping (`is_table`) an object is a document (`.json`).

    Fails for what is packed and for workbooks, which are read from files.
    """
    source = sys.stdin.buffer
    start = source.read(_LOOKED_AT)
    with TemporaryDirectory(prefix="supply-ledger-") as folder:
        file = Path(folder, f"standard-input{_ending(start, is_table=is_table)}")
        with file.open("wb") as target:
            target.write(start)
            shutil.copyfileobj(source, target)
        yield file


def _ending(start: bytes, *, is_table: bool) -> str:
    if start.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        fail("What is packed, or a workbook, is read from a file: name it in the place of -.", code=MISUSED)
    if start.startswith(b"PAR1"):
        return ".parquet"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return ".json" if is_table else ".jsonl"
    return ".csv"
