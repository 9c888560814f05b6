"""Packed files: gzip, and zip with one table inside, unpacked before they are read.

`figures.csv.gz` is read as `figures.csv`, and a zip as the table in it, or as the one that is named. What is unpacked
goes to a file on the disk, block by block, so memory does not grow with it; and no further than real tables go, so that
a bomb ends early, before anything of it is recorded.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, NamedTuple

from ledger.errors import ContentTooLarge
from ledger.imports.import_limits import ImportLimits

GZIP, ZIP = ".gz", ".zip"
PACKED = (GZIP, ZIP)
TABLE_ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xlsm")
FIRST_BYTES = {
    GZIP: (b"\x1f\x8b", "gzip"),
    ZIP: (b"PK\x03\x04", "a zip"),
    ".xlsx": (b"PK\x03\x04", "an Excel workbook"),
    ".xlsm": (b"PK\x03\x04", "an Excel workbook"),
}
_OTHERS = (".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz")
UNPACKED_AT_ONCE = 1024 * 1024
CONTENTS_BYTES_MAX = 1024 * 1024
"""How long the list of what is in a zip may be: some ten thousand names."""
NAMES_SHOWN = 10
_CONTENTS_PLACE = 5
"""Where `zipfile` says how long that list is."""


class FileError(ValueError):
    """A file is not what it is said to be: its text says why, and what to do."""


class Unpacked(NamedTuple):
    """A file as it is read, and the name that says what it is."""

    file: BinaryIO
    name: str


@contextmanager
def unpacked(
    file: BinaryIO, name: str, limits: ImportLimits, *, member: str | None = None, directory: Path | None = None
) -> Iterator[Unpacked]:
    """The file in a packed one, until the block ends; one that is not packed as it is. `member` names it in a zip.

    Raises FileError, and ContentTooLarge where it unpacks to more than tables do.
    """
    ending = PurePosixPath(name.lower()).suffix
    if ending in _OTHERS:
        raise FileError(f"{name}: of packed files, {' and '.join(PACKED)} are read; unpack it first")
    if member is not None and ending != ZIP:
        raise FileError(f"member names a table in a zip, and {name} is none")
    _check_first_bytes(file, name, ending)
    if ending not in PACKED:
        yield Unpacked(file, name)
        return
    size = file.seek(0, 2)
    file.seek(0)
    with TemporaryFile(dir=directory) as plain:
        try:
            if ending == GZIP:
                inner = name[: -len(GZIP)]
                with gzip.GzipFile(fileobj=file) as source:
                    _copy(source, plain, limits.packed_bytes(size))
            else:
                inner = _from_zip(file, plain, name, member, limits.packed_bytes(size))
        # What is wrong in a file of others is told in many ways.
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise FileError(f"{name} cannot be unpacked: {_reason(error)}") from None
        plain.seek(0)
        if PurePosixPath(inner.lower()).suffix in (*PACKED, *_OTHERS):
            raise FileError(f"{name} holds a packed file, {inner}: unpack it once")
        _check_first_bytes(plain, inner, PurePosixPath(inner.lower()).suffix)
        yield Unpacked(plain, inner)


def _check_first_bytes(file: BinaryIO, name: str, ending: str) -> None:
    """Raises FileError where a file does not begin as its name says."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    wanted, kind = FIRST_BYTES.get(ending, (None, ""))
    if wanted is not None and start and not start.startswith(wanted):
        found = what_begins_with(start)
        raise FileError(f"{name} is not what its name says, {kind}" + ("" if found is None else f", but {found}"))


def what_begins_with(start: bytes) -> str | None:
    """What a file is that begins with these bytes, where that is no text in UTF-8."""
    known = {
        b"\x1f\x8b": "gzip: name it .gz (over HTTP, Content-Encoding: gzip)",
        b"PK\x03\x04": "a zip or an Excel workbook: name it .zip or .xlsx",
        b"PAR1": "Parquet: name it .parquet",
        b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls): save it as .xlsx",
        b"\xff\xfe": "text in UTF-16: save it as UTF-8",
        b"\xfe\xff": "text in UTF-16: save it as UTF-8",
        b"%PDF": "PDF: copy its tables into a sheet",
    }
    return next((what for first, what in known.items() if start.startswith(first)), None)


def _copy(source: "IO[bytes] | gzip.GzipFile", into: IO[bytes], bytes_max: int) -> None:
    done = 0
    while block := source.read(UNPACKED_AT_ONCE):
        done += len(block)
        if done > bytes_max:
            raise ContentTooLarge(
                f"the file unpacks to more than {bytes_max} bytes, far more than tables of its size do; unpack it, and "
                "send it in several parts"
            )
        into.write(block)


def _from_zip(file: BinaryIO, into: IO[bytes], name: str, member: str | None, bytes_max: int) -> str:
    """Unpack the table in a zip; its name."""
    check_contents(file)
    with zipfile.ZipFile(file) as packed:
        chosen = _chosen(packed.infolist(), name, member)
        if chosen.flag_bits & 1:
            raise FileError(f"{chosen.filename} in {name} is encrypted: unpack it first")
        if PurePosixPath(chosen.filename.lower()).suffix in (*PACKED, *_OTHERS):
            raise FileError(f"{name} holds a packed file, {chosen.filename}: unpack it once")
        with packed.open(chosen) as source:
            _copy(source, into, bytes_max)
    return PurePosixPath(chosen.filename).name


def check_contents(file: BinaryIO) -> None:
    """Raises FileError for a zip whose list of contents takes more memory than any table's does."""
    end: Any = None
    with suppress(OSError, ValueError):
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # nothing else tells before it is read
    file.seek(0)
    if end is not None and end[_CONTENTS_PLACE] > CONTENTS_BYTES_MAX:
        raise FileError(f"the list of what is in the zip takes {end[_CONTENTS_PLACE]} bytes: pack fewer files")


def _chosen(contents: list[zipfile.ZipInfo], name: str, member: str | None) -> zipfile.ZipInfo:
    files = [one for one in contents if not one.is_dir() and not _is_hidden(one.filename)]
    if member is not None:
        found = [one for one in files if one.filename == member]
        found = found or [one for one in files if PurePosixPath(one.filename).name == member]
    else:
        found = [one for one in files if one.filename.lower().endswith(TABLE_ENDINGS)]
        found = found or (files if len(files) == 1 else [])
    if len(found) == 1:
        return found[0]
    listed = ", ".join(one.filename[:80] for one in (found or files)[:NAMES_SHOWN]) or "nothing"
    more = " and more" if len(found or files) > NAMES_SHOWN else ""
    if member is not None:
        raise FileError(
            f"{name} has {len(found) or 'no'} file{'s' * (len(found) > 1)} {member[:80]!r}: it has {listed}"
        )
    if found:
        raise FileError(f"{name} holds {len(found)} tables: name one with member=, of {listed}{more}")
    raise FileError(f"{name} holds no table ({', '.join(TABLE_ENDINGS)}): it has {listed}{more}")


def _is_hidden(name: str) -> bool:
    """Whether it is what systems put beside the files of people."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
