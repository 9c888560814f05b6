"""Requests made from the description of the API: some that fit it, some that do not, tens of thousands of them.

`python -m tests.fuzz.described_requests --requests 20000 --seed 1` sends them to a server over a small ledger, most
with a key and some without, and counts the answers by status. Whatever is sent, no answer is a server error, what is
refused is a problem document, and nothing that is refused was recorded.

Texts made at random mean nothing to most parameters. So in every other read some of them are replaced by ones that do.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from api.app import create_app
from api.http.access import Access
from api.http.question_queue import Limits
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import ADMIN
from api.problems import MEDIA_TYPE
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, mined
from tests.patience import PATIENCE_S

KEYLESS_EVERY = 10
"""One request in so many comes without a key."""


MEANT: dict[str, tuple[str, ...]] = {
    "as_of": ("2024-06-30", "2024", "2024-02-01T00:00:00Z", "0001-01-01", "9999-12-31"),
    "recorded_as_of": ("position:7", "position:0", "2999-01-01"),
    "effective_at": ("2024-06-30", "2023"),
    "from_as_of": ("2024-01-31",),
    "to_as_of": ("2024-12-31",),
    "recorded_from": ("position:3",),
    "subject": ("china", "world,china", "atlantis"),
    "metric": ("mine_production",),
    "publisher": ("usgs", "usgs,bgs"),
    "material": ("ndpr",),
    "entity": ("china",),
    "period": ("2023",),
    "period_from": ("2020",),
    "period_to": ("2025",),
    "limit": ("1", "10000"),
    "slug": ("china", "usgs"),
    "family": ("figures", "policies"),
    "type": ("ProductionReported", "EntityRegistered"),
    "relationship": ("js-link:operates:lamp",),
}
"""Values that parameters of these names may have."""


class Fuzz:
    """A server, and what became of the requests that were sent to it."""

    def __init__(self, engine: Engine, keys: Path) -> None:
        self.ledger = engine.ledger
        key = KeyFile(keys).create("fuzz", frozenset({ADMIN}))
        self._headers = {"Authorization": f"Bearer {key}"}
        app = create_app(engine, access=Access(keys=KeyCheck(keys)), limits=Limits())
        self._schema = schemathesis.openapi.from_dict(app.openapi())
        self._schema.app = app
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def run(self, requests: int, *, number: int) -> None:
        """Send about so many requests, of every operation as many that fit as of those that do not."""
        operations: list[Any] = [result.ok() for result in cast(Any, self._schema).get_all_operations()]
        each = max(1, -(-requests // (2 * len(operations))))
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._ask(operation, mode, each, number=number)

    def _ask(self, operation: Any, mode: GenerationMode, count: int, *, number: int) -> None:
        try:
            cases = operation.as_strategy(generation_mode=mode)
        except Exception:  # an operation without parameters has nothing that does not fit it
            return

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def ask(case: Any) -> None:
            self._look(case)

        try:
            ask()
        except Exception as error:
            if "Unsatisfiable" not in type(error).__name__:
                raise

    def _make_sense(self, case: Any) -> None:
        """Replace the values of some parameters by ones that mean something, and leave the other ones out."""
        chance = Random(self.statuses.total())
        query = case.query if isinstance(case.query, dict) else {}
        meant = {name: chance.choice(MEANT[name]) for name in query if name in MEANT}
        random = {name: value for name, value in query.items() if name not in MEANT and chance.random() < 0.1}
        case.query = {**random, **meant}
        path = case.path_parameters if isinstance(case.path_parameters, dict) else {}
        case.path_parameters = {name: chance.choice(MEANT.get(name, (value,))) for name, value in path.items()}

    def _look(self, case: Any) -> None:
        head = self.ledger.head()
        if case.method == "GET" and self.statuses.total() % 2:
            self._make_sense(case)
        is_keyless = self.statuses.total() % KEYLESS_EVERY == 0
        what = f"{case.method} {case.path} {case.path_parameters} {case.query} {case.headers} {case.body!r}"[:2000]
        if not is_keyless:  # a key made at random would be sent in place of ours
            sent = case.headers if isinstance(case.headers, Mapping) else {}
            case.headers = {name: value for name, value in sent.items() if name.lower() != "authorization"}
        try:
            answer = case.call(headers={} if is_keyless else self._headers, timeout=PATIENCE_S)
        except Exception as error:  # what the app did not foresee comes through
            self.statuses[500] += 1
            self.faults.append(f"{type(error).__name__}: {error}: {what}")
            return
        self.statuses[answer.status_code] += 1
        refused = answer.status_code >= 400
        media_type = (answer.headers.get("content-type") or [""])[0]
        if answer.status_code >= 500:
            self.faults.append(f"{answer.status_code}: {what}")
        elif refused and media_type != MEDIA_TYPE:
            self.faults.append(f"{answer.status_code} is {media_type}: {what}")
        elif refused and self.ledger.head() != head:
            self.faults.append(f"{answer.status_code} and recorded something: {what}")


@contextmanager
def fuzz() -> Iterator[Fuzz]:
    """A server over a small ledger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.db") as ledger,
        Engine(ledger) as engine,
    ):
        ledger.append([*BASICS, mined("china", "1", "2024-01-31"), mined("china", "2", "2024-02-29")])
        yield Fuzz(engine, Path(folder) / "keys.db")


def main() -> None:
    """Send as many as were asked for; leave with 1 where one was answered wrongly."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--requests", type=int, default=20_000)
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    with fuzz() as one:
        one.run(said.requests, number=said.seed)
        for fault in one.faults[:50]:
            print(fault)
        counts = ", ".join(f"{count} × {status}" for status, count in sorted(one.statuses.items()))
        print(f"{one.statuses.total()} requests: {counts}; {one.ledger.head()} events; {len(one.faults)} faults")
        sys.exit(bool(one.faults))


if __name__ == "__main__":
    main()
