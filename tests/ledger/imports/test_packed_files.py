"""Packed files are read as what is in them, within bounds."""

import gzip
import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import ContentTooLarge, FileError, Ledger, import_file
from ledger.imports.import_limits import PACKED_BYTES_MIN, USUAL_LIMITS
from ledger.imports.packed_files import CONTENTS_BYTES_MAX, unpacked
from tests.ledger.conftest import figure

LINES = "".join(json.dumps(figure(str(one), period=str(one))) + "\n" for one in range(1990, 2030)).encode()
MIB = 2**20


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def told(raw: bytes, name: str, member: str | None = None) -> tuple[str, bytes]:
    with unpacked(io.BytesIO(raw), name, USUAL_LIMITS, member=member) as plain:
        return plain.name, plain.file.read()


def test_a_packed_file_is_imported_like_the_file_in_it(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl.gz"
    path.write_bytes(gzip.compress(LINES[:2000]) + gzip.compress(LINES[2000:]))
    seen: list[int] = []
    report = import_file(ledger, path, progress=seen.append)
    assert (report.recorded, report.errors) == (40, [])
    assert seen[-1] == path.stat().st_size
    path = tmp_path / "facts.zip"
    path.write_bytes(
        zipped({"deep/facts.jsonl": LINES, "__MACOSX/facts.jsonl": b"x", ".hidden.csv": b"", "a.md": b"#"})
    )
    assert import_file(ledger, path).duplicate == 40
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("tmp")] == []


def test_one_of_several_tables_is_named() -> None:
    raw = zipped({"a/one.csv": b"1", "b/one.csv": b"2", "two.csv": b"3"})
    assert told(raw, "x.zip", "two.csv") == ("two.csv", b"3")
    assert told(raw, "x.zip", "b/one.csv") == ("one.csv", b"2")
    assert told(zipped({"notes": b"3"}), "x.zip") == ("notes", b"3")
    for member, said in (
        ("one.csv", "2 files"),
        ("three.csv", "no file"),
        (None, "name one with member=, of a/one.csv"),
    ):
        with pytest.raises(FileError, match=said):
            told(raw, "x.zip", member)


def encrypted(raw: bytes) -> bytes:
    """The same zip whose entries say that they are encrypted."""
    return raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


ONE = zipped({"one.csv": LINES})
MANY = zipped({f"{'n' * 200}{number}.md": b"" for number in range(CONTENTS_BYTES_MAX // 200)})
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "a zip in a zip": (zipped({"one.zip": ONE}), "x.zip", "unpack it once"),
    "zips in a zip": (zipped({"one.zip": ONE, "two.zip": ONE}), "x.zip", "holds no table"),
    "gzip in a zip": (zipped({"one.csv.gz": gzip.compress(b"1")}), "x.zip", "unpack it once"),
    "gzip twice": (gzip.compress(gzip.compress(b"1")), "x.csv.gz.gz", "unpack it once"),
    "a zip in gzip": (gzip.compress(ONE), "x.zip.gz", "unpack it once"),
    "nothing in a zip": (zipped({}), "x.zip", "is not what its name says"),
    "no gzip": (LINES, "x.jsonl.gz", "x.jsonl.gz is not what its name says"),
    "gzip by the name of a zip": (gzip.compress(LINES), "x.zip", "a zip, but gzip"),
    "a sheet that is none": (gzip.compress(LINES), "x.xlsx.gz", "x.xlsx is not what its name says"),
    "gzip that breaks off": (gzip.compress(LINES)[:-20], "x.jsonl.gz", "cannot be unpacked"),
    "gzip that is damaged": (gzip.compress(LINES)[:60] + b"\xff" * 60, "x.jsonl.gz", "cannot be unpacked"),
    "a zip that breaks off": (ONE[:-30], "x.zip", "cannot be unpacked"),
    "a zip that is damaged": (ONE[:60] + b"\xff" * 20 + ONE[80:], "x.zip", "cannot be unpacked"),
    "a zip that is encrypted": (encrypted(ONE), "x.zip", "encrypted"),
    "a zip of ten thousands": (MANY, "x.zip", "pack fewer files"),
    "another kind": (b"BZh9", "x.csv.bz2", "unpack it first"),
}


@pytest.mark.parametrize(("raw", "name", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_unpacked_is_told(raw: bytes, name: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        told(raw, name)


BOMBS: dict[str, Callable[[bytes], tuple[bytes, str]]] = {
    "gzip": lambda raw: (gzip.compress(raw), "x.csv.gz"),
    "zip": lambda raw: (zipped({"one.csv": raw}), "x.zip"),
    "a zip that lies about its size": lambda raw: (lying(zipped({"one.csv": raw})), "x.zip"),
}


def lying(raw: bytes) -> bytes:
    """The same zip, whose contents say that the file has ten bytes."""
    place = raw.rindex(b"PK\x01\x02") + 24
    return raw[:place] + struct.pack("<L", 10) + raw[place + 4 :]


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_ends_early_and_takes_no_memory(bomb: Callable[[bytes], tuple[bytes, str]]) -> None:
    raw, name = bomb(b"type\n" * (PACKED_BYTES_MIN // 5 + MIB))
    assert len(raw) * 100 < PACKED_BYTES_MIN
    tracemalloc.start()
    try:
        # One that lies ends where it says, and its checksum is another.
        with pytest.raises((ContentTooLarge, FileError)):
            told(raw, name)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def test_a_file_that_is_packed_and_not_called_so_is_told_once(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("facts.csv", "facts.jsonl"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(LINES))
        (fault,) = import_file(ledger, path).faults
        assert "gzip: name it .gz" in fault.detail
        path.write_bytes(ONE)
        (fault,) = import_file(ledger, path).faults
        assert "a zip or an Excel workbook" in fault.detail
