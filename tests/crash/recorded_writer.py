"""Who writes while its disk is recorded: `python -m tests.crash.recorded_writer LEDGER ACKNOWLEDGED APPENDS SEED FULL`.

One thread appends, and so there is never more than one transaction that is begun and not acknowledged. It opens the
log again and again, so that the write-ahead log is copied into the file, taken away and made anew.
"""

import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any

from ledger import Ledger, import_file
from ledger.append.receipt import Receipt
from ledger.store.sqlite import connection
from tests.ledger.conftest import WORLD, figure

REQUEST_HASH = bytes(32)


def facts(rng: Random, count: int) -> list[dict[str, Any]]:
    """So many facts, of months that are most often new."""
    return [figure(str(rng.randrange(10**6)), period=f"{rng.randrange(1000, 9000)}-01") for _ in range(count)]


def one_append(ledger: Ledger, key: str, rng: Random, folder: Path) -> tuple[int, str | None]:
    """A single append, a batch, a request with a key, or an import; the position after it, and its key."""
    way = rng.randrange(12)
    if way == 0:
        path = folder / "facts.jsonl"
        path.write_text("".join(json.dumps(fact) + "\n" for fact in facts(rng, 300)), encoding="utf-8")
        return import_file(ledger, path, mode="atomic").position, None
    if way == 1:
        with ledger.log.bulk():
            return ledger.append(facts(rng, 40)).position, None
    if way < 6:
        return ledger.append(facts(rng, 1)).position, None
    if way < 8:
        return ledger.append(facts(rng, rng.randrange(2, 30))).position, None
    receipt: Receipt = ledger.append(facts(rng, rng.randrange(1, 4)), request=(key, REQUEST_HASH))
    return receipt.position, key


def write(path: Path, acknowledged: Path, appends: int, seed: int, synchronous: str) -> None:
    """Append so often, and write each acknowledgement to a file beside."""
    full = connection.PRAGMAS
    connection.PRAGMAS = (*full[:1], f"synchronous={synchronous}", *full[2:])
    if synchronous == "FULL" and full != connection.PRAGMAS:
        raise AssertionError("the second of the pragmas does not say how the ledger waits for the disk")
    rng = Random(seed)
    number = 0
    descriptor = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while number < appends:
        with Ledger(path) as ledger:
            if not ledger.head():
                position = ledger.append(WORLD).position
                os.write(descriptor, json.dumps([position, None]).encode())
            for _ in range(min(rng.randrange(1, 100), appends - number)):
                number += 1
                answer = one_append(ledger, f"{seed}-{number}", rng, acknowledged.parent)
                os.write(descriptor, json.dumps(answer).encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
