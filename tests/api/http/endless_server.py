"""A server in a process of its own, to which questions as of 2025 have no end; it says when each begins and ends.

`python -m tests.api.http.endless_server FOLDER` prints its port, then `began` and `ended`, a line each.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.cli.server import Service, listen, serve
from ledger import Ledger
from projections import Allowance, Engine, Reader, Viewpoint
from tests.api.helpers import BASICS, mined
from tests.patience import PATIENCE_S
from tests.places import ROOT

ENDLESS = "SELECT COUNT(*) FROM range(3000000000000) AS rows(one) WHERE hash(one) = 1"


def say(word: str) -> None:
    """Print a word in one piece, though several threads do."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


class EndlessEngine(Engine):
    """Its readers as of 2025 never finish what they begin."""

    @contextmanager
    def reader(self, viewpoint: Viewpoint, allowance: Allowance | None = None) -> Iterator[Reader]:
        """A reader, which first asks what has no end if it is as of 2025."""
        with super().reader(viewpoint, allowance) as reader:
            if viewpoint.as_of.year == 2025:
                say("began")
                try:
                    reader.ask(ENDLESS)
                finally:
                    say("ended")
            yield reader


class Server:
    """A running server, and questions to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._word())

    def said(self, times: int) -> list[str]:
        """The next words that it says: `began` or `ended`."""
        return [self._word() for _ in range(times)]

    def _word(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if len(line.split()) == 1:  # not what the server prints for people
                return line.strip()
        raise EOFError("the server has ended")

    def begin(self, path: str, *, method: str = "GET", body: Any = None) -> http.client.HTTPConnection:
        """Ask, and do not wait for the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
        return connection

    def ask(self, path: str, **asked: Any) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers of an answer."""
        connection = self.begin(path, **asked)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body, dict(answer.getheaders())


@contextmanager
def endless_server(folder: Path, **settings: str) -> Iterator[Server]:
    """A server until the block ends, with these variables of the environment."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.api.http.endless_server", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **settings},
    ) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def main(folder: Path) -> None:
    """Serve a ledger that knows little, until interrupted."""
    service = Service("127.0.0.1", folder)
    with Ledger(folder / "ledger.db") as ledger, EndlessEngine(ledger) as engine, listen(service, 0) as listening:
        ledger.append([*BASICS, mined("china", "1", "2024-01-31")])
        print(listening.getsockname()[1], flush=True)
        serve(engine, listening, service)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
