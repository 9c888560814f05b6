"""Writers that are killed: each a process of its own, forked from one that has everything loaded.

What a writer sends is known beforehand from its number: so whoever killed it knows what it had begun and could not
acknowledge. Every event has a mark of its own in its source, such as `12.2.7.3`: the third event of the seventh append
of the second writer of cycle 12.
"""

import json
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from select import select
from typing import Any, NamedTuple, NoReturn

from ledger import Ledger, StoreBusy, import_file
from ledger.imports import importer, rows
from tests.ledger.conftest import WORLD, figure
from tests.patience import PATIENCE_S

ROWS_AT_ONCE = 2
TRANSACTION_ROWS = ROWS_AT_ONCE * importer.TRANSACTION_PIECES
KINDS = ("single", "batch", "request", "import")
REQUEST_HASH = bytes(32)
WORLD_KEY = "world"


class Sent(NamedTuple):
    """What a writer sends in one go: its kind, its mark, and its facts."""

    kind: str
    mark: str
    facts: list[dict[str, Any]]

    @property
    def whole_in(self) -> int:
        """Of so many facts each transaction is; an import that goes on after rejected rows has several."""
        return TRANSACTION_ROWS if self.is_in_parts else len(self.facts)

    @property
    def is_in_parts(self) -> bool:
        """Whether it is an import of which the first part may be there without the others."""
        return self.kind == "import" and Random(self.mark).random() < 0.5


def sent(kind: str, writer: str, number: int) -> Sent:
    """What a writer sends as its append of this number."""
    mark = f"{writer}.{number}"
    rng = Random(mark)
    size = {"single": 1, "batch": rng.randrange(2, 20), "request": rng.randrange(1, 4), "import": 40}[kind]
    facts = [
        figure(
            str(rng.randrange(10**6)),
            period=f"{rng.randrange(1000, 9000)}-{rng.randrange(1, 13):02}",
            source={"publisher": "usgs", "reference": f"{mark}.{place}"},
        )
        for place in range(1, size + 1)
    ]
    return Sent(kind, mark, facts)


class Writer:
    """A process that appends until it is killed, and tells of each append through a pipe when it is acknowledged."""

    def __init__(self, path: Path, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        self._told, told = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(self._told)
            _write(path, kind, name, told)
        os.close(told)

    def wait(self) -> None:
        """Wait until something is acknowledged to it."""
        select([self._told], [], [], PATIENCE_S)

    def kill(self) -> list[Any]:
        """Kill it; what was acknowledged to it, append by append, and what it could not go on after."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        with os.fdopen(self._told, "rb") as told:
            return [json.loads(line) for line in told.read().splitlines(keepends=True) if line.endswith(b"\n")]


def _write(path: Path, kind: str, name: str, told: int) -> NoReturn:
    try:
        for answer in _answers(path, kind, name):
            os.write(told, json.dumps(answer).encode() + b"\n")
    except BaseException as error:
        os.write(told, json.dumps(f"{type(error).__name__}: {error}").encode() + b"\n")
    finally:
        os._exit(1)


def _answers(path: Path, kind: str, name: str) -> Iterator[Any]:
    rows.PIECE_ROWS = ROWS_AT_ONCE
    with _opened(path) as ledger:
        for number in count(1):
            yield answer(ledger, sent(kind, name, number))


def _opened(path: Path) -> Ledger:
    """The log, with the world in it. Others may write to it for longer than one waits for them."""
    while True:
        try:
            ledger = Ledger(path)
            ledger.append(WORLD, request=(WORLD_KEY, REQUEST_HASH))
            return ledger
        except StoreBusy:
            continue


def answer(ledger: Ledger, sent: Sent) -> Any:
    """Append, and give what is answered: the positions of the events; of an import, how many rows were recorded."""
    while True:
        try:
            if sent.kind == "import":
                return _import(ledger, sent)
            key = (sent.mark, REQUEST_HASH) if sent.kind == "request" else None
            receipt = ledger.append(sent.facts, request=key)
            return [item["position"] for item in receipt.items]
        except StoreBusy:  # It may be sent again: nothing was recorded.
            continue


def _import(ledger: Ledger, sent: Sent) -> int:
    path = Path(f"{ledger.file}.{sent.mark}.jsonl")
    path.write_text("".join(json.dumps(fact) + "\n" for fact in sent.facts), encoding="utf-8")
    report = import_file(ledger, path, mode="proceed" if sent.is_in_parts else "atomic", on_conflict="record")
    path.unlink()
    if report.recorded + report.duplicate != len(sent.facts):
        raise AssertionError(f"of an import, {report.recorded} rows were recorded and {report.duplicate} were known")
    return report.recorded
