"""Kill cycles: writers are killed at random moments, and then the log has what it must have, and nothing else.

In each cycle a few processes write to one log, each in its own way, until they are killed with -9: all at once, or one
after the other. Then the log is opened and looked at: every event that was acknowledged is there, once; of what was
begun and not acknowledged, everything or nothing; without gaps; and the tree and its seal are over just that. What was
answered is answered so again, and what was not can be sent again and is recorded once.

Each cycle looks at what is new in the log; every hundredth verifies all of it, and then a new log is begun.
"""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from ledger import Ledger, LedgerError
from ledger.entry_faults import faults_between
from tests.crash.killed_writers import KINDS, REQUEST_HASH, WORLD_KEY, Sent, Writer, answer, sent
from tests.crash.power_cuts import in_memory
from tests.ledger.conftest import WORLD

CYCLES_OF_A_LOG = 100
WRITERS_MAX = 4
SECONDS_MAX = 0.1
"""So long the writers write at most, from their start; or, in most cycles, from the first acknowledgement to one."""


class KillCycles:
    """Cycles over one log after the other, and what was wrong after any of them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.faults: list[str] = []
        self.appends: Counter[str] = Counter()
        """How many were acknowledged, by kind, and how many of those that were not were recorded all the same."""
        self._folder = folder
        self._seed = seed
        self._checked = 0
        """So many events of the log have been looked at."""
        self._root = b""

    def run(self, cycles: int) -> None:
        """Kill so often."""
        for cycle in range(cycles):
            path = self._folder / f"log-{cycle // CYCLES_OF_A_LOG}" / "ledger.db"
            if cycle % CYCLES_OF_A_LOG == 0:
                path.parent.mkdir()
                self._checked, self._root = 0, b""
            is_last = (cycle + 1) % CYCLES_OF_A_LOG == 0 or cycle + 1 == cycles
            try:
                faults = list(self._cycle(path, cycle, verify=is_last))
            except LedgerError as error:
                faults = [f"{type(error).__name__}: {error}"]
            self.faults += [f"cycle {cycle} of seed {self._seed}: {fault}" for fault in faults]

    def _cycle(self, path: Path, cycle: int, *, verify: bool) -> Iterator[str]:
        rng = Random(f"{self._seed} {cycle}")
        kinds = rng.choices(KINDS, weights=(3, 3, 3, 1), k=rng.randrange(1, WRITERS_MAX + 1))
        writers = [Writer(path, kind, f"{cycle}.{number}") for number, kind in enumerate(kinds)]
        if rng.random() < 0.6:  # also on a slow machine, where they take longer to begin
            rng.choice(writers).wait()
        time.sleep(rng.random() * SECONDS_MAX)
        rng.shuffle(writers)
        told: list[tuple[Writer, list[Any]]] = []
        for writer in writers:
            told.append((writer, writer.kill()))
            if rng.random() < 0.2:  # the others write on
                time.sleep(rng.random() * SECONDS_MAX / 4)
        with Ledger(path) as ledger:
            yield from self._after(ledger, told, rng)
            if verify:
                yield from (f"verify: {fault}" for fault in ledger.verify().faults)

    def _after(self, ledger: Ledger, heard: Sequence[tuple[Writer, list[Any]]], rng: Random) -> Iterator[str]:
        """What is wrong with a log after its writers were killed."""
        if ledger.doubt is not None:
            yield f"doubt: {ledger.doubt}"
            return
        if self._checked and ledger.log.root(self._checked) != self._root:
            yield "what was there before is not what it was"
        places = places_of_marks(ledger, self._checked)
        acknowledged: list[tuple[Sent, Any]] = []
        begun: list[Sent] = []
        for writer, answers in heard:
            yield from (f"a writer of the kind {writer.kind}: {one}" for one in answers if isinstance(one, str))
            told = [one for one in answers if not isinstance(one, str)]
            done = [(sent(writer.kind, writer.name, number), one) for number, one in enumerate(told, start=1)]
            acknowledged += done
            begun.append(sent(writer.kind, writer.name, len(done) + 1))
            self.appends[writer.kind] += len(done)
        yield from faults_of(places, acknowledged, begun)
        yield from self._again(ledger, acknowledged, begun, rng)
        yield from (str(fault) for fault in faults_between(ledger.log, self._checked, ledger.head()))
        self._checked = ledger.head()
        self._root = ledger.log.root(self._checked)

    def _again(
        self, ledger: Ledger, acknowledged: Sequence[tuple[Sent, Any]], begun: Sequence[Sent], rng: Random
    ) -> Iterator[str]:
        """What is wrong where requests and imports are sent again, whether they were answered or not."""
        ledger.append(WORLD, request=(WORLD_KEY, REQUEST_HASH))
        head = ledger.head()
        requests = [one for one in acknowledged if one[0].kind == "request"]
        for request, told in rng.sample(requests, min(3, len(requests))):
            if answer(ledger, request) != told:
                yield f"{request.mark} is answered in another way"
        if ledger.head() != head:
            yield "what was answered is recorded again"
        for one in begun:
            if one.kind in ("request", "import"):
                before = ledger.head()
                answer(ledger, one)
                self.appends[f"{one.kind} known"] += ledger.head() < before + len(one.facts)
        places = places_of_marks(ledger, self._checked)
        yield from doubled(places)
        for one in begun:
            there = sorted(places[one.mark])
            if one.kind in ("request", "import") and there != list(range(1, len(one.facts) + 1)):
                yield f"{one.mark} was sent again, and of its {len(one.facts)} events there are {there}"


Places = dict[str, dict[int, list[int]]]
"""Where the events of an append are: by its mark, by their places in it."""


def no_places() -> Places:
    """Where nothing is."""
    return defaultdict(lambda: defaultdict(list))


def places_of_marks(ledger: Ledger, after: int) -> Places:
    """Where the events of each append are in the log, as far as they are after a position."""
    places = no_places()
    for entry in ledger.entries(after=after):
        if (reference := (entry.body.get("source") or {}).get("reference")) is not None:
            mark, _, place = reference.rpartition(".")
            places[mark][int(place)].append(entry.position)
    return places


def faults_of(places: Places, acknowledged: Sequence[tuple[Sent, Any]], begun: Sequence[Sent]) -> Iterator[str]:
    """What is wrong where these appends were acknowledged, and the others were begun at most."""
    yield from doubled(places)
    for one, told in acknowledged:
        there = [places[one.mark][place] for place in range(1, len(one.facts) + 1)]
        if one.kind == "import":
            if not all(there):
                yield f"lost: {one.mark}, an import, was acknowledged, and it is at {there}"
        elif there != [[position] for position in told]:
            yield f"lost: {one.mark} was acknowledged at {told}, and is at {there}"
    for one in begun:
        numbers = sorted(places[one.mark])
        if numbers != list(range(1, len(numbers) + 1)) or len(numbers) % one.whole_in:
            yield f"half: of {one.mark}, which was not acknowledged, there are the events {numbers} of {len(one.facts)}"
        first = [positions[0] for _, positions in sorted(places[one.mark].items())]
        for start in range(0, len(first), one.whole_in):
            whole = first[start : start + one.whole_in]
            if whole != list(range(whole[0], whole[0] + len(whole))):
                yield f"half: {one.mark} is at {whole}, and others are between"
    known = {one.mark for one, _ in acknowledged} | {one.mark for one in begun}
    yield from (f"nobody sent {mark}" for mark, there in places.items() if there and mark not in known)


def doubled(places: Places) -> Iterator[str]:
    """Events that are there more than once."""
    for mark, by_place in places.items():
        for place, positions in by_place.items():
            if len(positions) > 1:
                yield f"doubled: {mark}.{place} is at {positions}"


def warm_up(path: Path) -> None:
    """Load and compile whatever an append of any kind needs, so that each writer has it from its start."""
    with Ledger(path) as ledger:
        ledger.append(WORLD)
        for kind in KINDS:
            answer(ledger, sent(kind, "warm", 1))
    with Ledger(path) as ledger:
        ledger.verify()


def kill(cycles: int, seed: int) -> KillCycles:
    """So many cycles."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        warm_up(Path(folder) / "warm.db")
        done = KillCycles(Path(folder), seed)
        done.run(cycles)
        return done
