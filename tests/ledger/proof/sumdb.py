"""Go's golang.org/x/mod/sumdb as a judge of what a ledger gives out; it shares nothing with the ledger's own code.

It needs Go and the library as Debian has them (golang-go, golang-golang-x-mod-dev).
"""

import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from ledger.proof.merkle import Subtree
from tests.ledger.proof.judges import need
from tests.places import ROOT

GO_PATH = Path("/usr/share/gocode")
TILE_WIDTH = 256


def base64(data: bytes) -> str:
    return b64encode(data).decode()


class Judge:
    """The program that checks; each check is a line of fields."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def say(self, checks: Sequence[Sequence[object]]) -> list[str]:
        """What it says of each check: `ok`, or what is wrong."""
        lines = "".join(" ".join(map(str, fields)) + "\n" for fields in checks)
        done = subprocess.run([self.program], input=lines, capture_output=True, text=True, timeout=300, check=True)
        return done.stdout.splitlines()


def judge(directory: Path) -> Judge:
    """The judge, built in a directory; skips the test where that cannot be."""
    there = shutil.which("go") is not None and (GO_PATH / "src/golang.org/x/mod/sumdb").is_dir()
    need(there, "golang-go golang-golang-x-mod-dev")
    program = directory / "sumdb_check"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": ""}
    source = ROOT / "tests/ledger/proof/go/sumdb_check"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=source, env=environment, timeout=600, check=True)
    return Judge(program)


def tile_path(level: int, number: int, width: int) -> str:
    """Where a tile is, by C2SP tlog-tiles: `tile/0/x001/234`, and `tile/0/000.p/7` where it holds 7 hashes only."""
    elements = [f"{number % 1000:03}"]
    while number := number // 1000:
        elements.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(elements)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """The tiles of a tree of a size: level, number and width of each."""
    found, level, count = [], 0, size
    while count:
        full, rest = divmod(count, TILE_WIDTH)
        found += [(level, number, TILE_WIDTH) for number in range(full)]
        if rest:
            found.append((level, full, rest))
        level, count = level + 1, full
    return found


def write_tiles(directory: Path, subtree: Subtree, size: int) -> None:
    """The tiles of a tree of a size as files."""
    for level, number, width in tiles_of(size):
        path = directory / tile_path(level, number, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        start = number * TILE_WIDTH
        path.write_bytes(b"".join(subtree(8 * level, start + place) for place in range(width)))
