"""Many servers on one log, killed at random, in short."""

from tests.crash.many_servers import run
from tests.depth import examples


def test_servers_and_backends_that_are_killed_lose_and_repeat_nothing() -> None:
    found = run(servers=2, writers=3, events=examples(600, deeply=20_000), seed=7)
    assert found.faults == []
    assert found.counts["backends ended"] + found.counts["servers killed"] > 0
