"""A server's start from exported tables beside one that makes them from the log, each in a process of its own.

    python -m tests.benchmarks.warm_starts --size 1000000 --keep DIR

Time goes from the start of the process to the first answer to one figure over HTTP, which must be the one that the
tables give that were exported; memory is the high-water mark of the server's process. With `--data` the ledger there
is taken; its tables are removed.
"""

import argparse
import http.client
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.segments import storage_place
from projections import Engine
from projections.transfers import export_tables, workshop
from tests.benchmarks import ours, phases
from tests.benchmarks.apart import apart, peak_bytes
from tests.benchmarks.measurements import check_equal
from tests.benchmarks.place import Place
from tests.benchmarks.server import STOP_TIMEOUT_S, free_port

MB = 1e6
ANSWER_TIMEOUT_S = 3600
LOOK_S = 0.05
Items = Sequence[dict[str, Any]]


def main() -> None:
    """Measure both ways, and print them."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.warm_starts", description=__doc__)
    options.add_argument("--size", type=int, default=100_000, help="how many events besides the registrations")
    options.add_argument("--keep", type=Path, metavar="DIR", help="keep the files here, and go on from those there")
    options.add_argument("--data", type=Path, metavar="DIR", help="the data directory of a ledger that is there")
    options.add_argument("--only", choices=("warm", "rebuild"), help="one of both starts")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="warm-starts-") as temporary:
        directory = (chosen.keep or Path(temporary)).resolve()
        data = chosen.data or _made(Place(directory, chosen.size))
        place = directory / "place"
        (path, items, seconds, sent), peak = apart(put, data, place)
        print(f"export of the tables: {seconds:.1f} s, {sent / MB:,.0f} MB sent, peak {peak / MB:,.0f} MB", flush=True)
        for way in ("warm", "rebuild"):
            if chosen.only in (None, way):
                ours.drop_projection(data)
                _print_start(way, data, path, items, place if way == "warm" else None)


def put(data: Path, place: Path) -> tuple[str, Items, float, int]:
    """Export the tables: a question and its answer, how long the sending took, and how many bytes were sent."""
    with ours.ledger(data) as log, workshop(log) as file:
        with Engine.beside(log, file, warm_from=str(place) if place.exists() else None) as engine:
            at = engine.viewpoint()
            first = engine.read("figures", at, limit=1)["figure_id"][0].as_py()
            path = ours.figure_path(str(first), "2030-01-01")
            items = engine.read("figures", engine.viewpoint(as_of="2030-01-01"), filters={"figure_id": str(first)})
        began = time.perf_counter()
        done = export_tables(
            log, file, storage_place(str(place)), at=datetime.now(UTC), program="benchmark", seen=lambda *_: None
        )
        return path, items.select(["value", "event_id"]).to_pylist(), time.perf_counter() - began, done.bytes_written


def _made(place: Place) -> Path:
    place.directory.mkdir(parents=True, exist_ok=True)
    for product in ("log", "ledger"):
        if not place.has(product):
            phases.PRODUCTS[product](place)
    return place.data


def _print_start(way: str, data: Path, path: str, items: Items, warm_from: Path | None) -> None:
    port = free_port()
    command = [*ours.serving(data, port), *([] if warm_from is None else ["--warm-from", str(warm_from)])]
    began = time.perf_counter()
    with subprocess.Popen(command, env=ours.environment(), cwd=ours.ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            told, answer = _first_answer(process, port, path)
            seconds = time.perf_counter() - began
            peak = peak_bytes(process.pid)
            found = [{name: item[name] for name in ("value", "event_id")} for item in json.loads(answer)["items"]]
            check_equal(found, items, "the first answer")
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
    phases_told = "; ".join(f"{phase} from {at:.1f} s" for phase, at in told.items())
    print(f"{way}: first answer after {seconds:.1f} s, peak {peak / MB:,.0f} MB ({phases_told})", flush=True)


def _first_answer(process: "subprocess.Popen[bytes]", port: int, path: str) -> tuple[dict[str, float], bytes]:
    """The first answer; and when each of the phases was told of first."""
    began = time.perf_counter()
    told: dict[str, float] = {}
    while time.perf_counter() < began + ANSWER_TIMEOUT_S:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)) as connection:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
        except OSError:
            time.sleep(LOOK_S)
            continue
        if answer.status == http.client.OK:
            return told, body
        told.setdefault(str(json.loads(body).get("phase", "catching up")), time.perf_counter() - began)
        time.sleep(LOOK_S)
    raise RuntimeError("the server does not answer")


if __name__ == "__main__":
    main()
