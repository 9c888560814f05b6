"""Requests made from the description of the API: some that fit it, some that do not, tens of thousands of them.

`python -m tests.fuzz.described_requests --requests 20000 --seed 1` sends them to a server over the shipped ledger,
most with a key that may do everything, and some with one that may not, a wrong one, or none; and counts the answers by
status. Whatever is sent, no answer is a server error, what is refused is a problem document, and nothing of it was
recorded.

Texts made at random mean nothing to most parameters, and bodies made at random are no events. So in every other request
parameters are replaced by ones that mean something, and the body by an example of the description, as it is or with
something else in one place of it.
"""

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from api.app import create_app
from api.cli.demo import sample_path
from api.http.access import Access
from api.http.question_queue import Limits
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import Scope
from api.problems import MEDIA_TYPE
from ledger import Ledger, import_file
from projections import Engine
from tests.patience import PATIENCE_S

KEYS = 7 * ("admin",) + ("read", "append", "wrong", None)
"""With which key the requests come, one after the other."""
WITH_BODY = 6
"""So many times more requests of an operation that takes a body."""
NOT_OFFERED = 501
"""Something that a standard has and the server has not: a problem that says so, and no fault."""
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
    "data_path": ("FIGURES/A.australia", "dataflow/SUPPLY_LEDGER/STATEMENTS/*/*.china", "FIGURES_UNDATED", "dataflow"),
    "structure_path": ("dataflow", "datastructure/*/DSD_FIGURES", "codelist/*/CL_SUBJECT", "*"),
    "asOf": ("2024-06-30", "2024", "9999-12-31"),
    "recordedAsOf": ("position:7", "position:0"),
    "updatedAfter": ("2024-01-31", "2025-01-31T00:00:00Z"),
    "includeHistory": ("true", "false"),
    "references": ("all", "children"),
    "attributes": ("none", "OBS_STATUS,UNIT"),
    "dimensionAtObservation": ("AllDimensions", "TIME_PERIOD"),
    "startPeriod": ("2020",),
    "lastNObservations": ("1",),
}
"""Values that parameters of these names may have."""


class Keyed:
    """An app that is always asked with one key. It is put into the request here, since of requests that are to have
    wrong headers schemathesis takes the right ones away.
    """

    def __init__(self, app: FastAPI) -> None:
        self.key: str | None = None
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the app answer."""
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
            if self.key is not None:
                headers.append((b"authorization", f"Bearer {self.key}".encode()))
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class Fuzz:
    """A server, and what became of the requests that were sent to it."""

    def __init__(self, engine: Engine, keys: Path) -> None:
        self.ledger = engine.ledger
        file = KeyFile(keys)
        self._keys: dict[str | None, str | None] = {one: file.create(one, frozenset({one})) for one in Scope}
        self._keys |= {"wrong": f"slk_{'A' * 43}", None: None}
        app = create_app(engine, access=Access(keys=KeyCheck(keys)), limits=Limits())
        app.state.streams.end()  # a stream gives what is recorded, and does not wait for more
        self._description = app.openapi()
        self._schema = schemathesis.openapi.from_dict(self._description)
        self._app = Keyed(app)
        self._schema.app = self._app
        self.statuses: Counter[int] = Counter()
        self.by_key: dict[str | None, Counter[int]] = defaultdict(Counter)
        self.faults: list[str] = []

    def run(self, requests: int, *, number: int) -> None:
        """Send about so many requests, of every operation as many that fit as of those that do not; and more of those
        operations that take something in.
        """
        operations: list[Any] = [result.ok() for result in cast(Any, self._schema).get_all_operations()]
        shares = [WITH_BODY if operation.body else 1 for operation in operations]
        for operation, share in zip(operations, shares, strict=True):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._ask(operation, mode, max(1, -(-share * requests // (2 * sum(shares)))), number=number)

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
        if examples := self._examples(case):
            odd = case.body.decode("latin-1") if isinstance(case.body, bytes) else case.body
            case.body = altered(chance.choice(examples), odd, chance)

    def _examples(self, case: Any) -> list[Any]:
        """The bodies that the description gives as examples."""
        operation = self._description["paths"][case.path][case.method.lower()]
        content = operation.get("requestBody", {}).get("content", {}).get(case.media_type, {})
        return [one["value"] for one in content.get("examples", {}).values()]

    def _look(self, case: Any) -> None:
        head, number = self.ledger.head(), self.statuses.total()
        if number % 2:
            self._make_sense(case)
        who = KEYS[number % len(KEYS)]
        self._app.key = self._keys[who]
        what = f"{who} key: {case.method} {case.path} {case.path_parameters} {case.query} {case.headers} {case.body!r}"
        try:
            answer = case.call(timeout=PATIENCE_S)
        except Exception as error:  # what the app did not foresee comes through
            self.statuses[500] += 1
            self.faults.append(f"{type(error).__name__}: {error}: {what[:2000]}")
            return
        status = answer.status_code
        self.statuses[status] += 1
        self.by_key[who][status] += 1
        media_type = (answer.headers.get("content-type") or [""])[0]
        if status >= 500 and status != NOT_OFFERED:
            self.faults.append(f"{status}: {what[:2000]}")
        elif status >= 400 and media_type != MEDIA_TYPE:
            self.faults.append(f"{status} is {media_type}: {what[:2000]}")
        elif status >= 400 and self.ledger.head() != head:
            self.faults.append(f"{status} and recorded something: {what[:2000]}")


def altered(body: Any, odd: Any, chance: Random) -> Any:
    """A body with something odd in one place of it, or something left out there; often the body as it is."""
    if chance.random() < 0.5:
        return body
    if isinstance(body, dict) and body:
        name = chance.choice(list(body))
        rest = {key: value for key, value in body.items() if key != name}
        return rest if chance.random() < 0.1 else {**body, name: altered(body[name], odd, chance)}
    if isinstance(body, list) and body:
        place = chance.randrange(len(body))
        return [*body[:place], altered(body[place], odd, chance), *body[place + 1 :]]
    if isinstance(body, str) and chance.random() < 0.5:
        place, until = sorted(chance.choices(range(len(body) + 1), k=2))
        return body[:place] + (str(odd) if chance.random() < 0.3 else "")[:100] + body[until:]
    return chance.choice((odd, None, "", "9" * 40, -1, 0.1, [], {}, "\0", True))


@contextmanager
def fuzz() -> Iterator[Fuzz]:
    """A server over the shipped ledger, which has most of what the examples name."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.db") as ledger,
        Engine(ledger) as engine,
    ):
        import_file(ledger, sample_path())
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
        for who, statuses in one.by_key.items():
            print(f"{who} key: {', '.join(f'{count} × {status}' for status, count in sorted(statuses.items()))}")
        print(f"{one.statuses.total()} requests: {counts}; {one.ledger.head()} events; {len(one.faults)} faults")
        sys.exit(bool(one.faults))


if __name__ == "__main__":
    main()
