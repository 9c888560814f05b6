"""Kills and power cuts: `python -m tests.crash --cycles 2000 --cuts 5000`, or `make crashes`.

Writers are killed thousands of times (`kill_cycles`), and the power is cut thousands of times, on a disk of which every
write was recorded (`power_cuts`). Exits with 1 where anything that was acknowledged was lost, or anything was there
twice or by half; where the tree, the seal or an answer to a request was another; or where the same power cuts lose
nothing with `synchronous=NORMAL`, since then they show nothing.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.crash.kill_cycles import kill
from tests.crash.power_cuts import PowerCuts
from tests.crash.recorded_disk import missing_tool

APPENDS = 150
AT_ONCE = 500
"""After so many kills, or cuts, it is said how it goes."""
NORMAL_ONE_IN = 10
"""So many times fewer cuts show that without waiting for the disk something is lost."""


def main() -> None:
    """Kill, cut, and say what was wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    options.add_argument("--cycles", type=int, default=2000, help="how often writers are killed")
    options.add_argument("--cuts", type=int, default=5000, help="how often the power is cut")
    options.add_argument("--appends", type=int, default=APPENDS, help="how many appends one recording has")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    wrong = _kills(chosen.cycles, chosen.seed) if chosen.cycles else 0
    if chosen.cuts and (why := missing_tool()) is not None:
        print(f"No power was cut: {why}.")
        sys.exit(1)
    if chosen.cuts:
        wrong += _cuts(chosen.cuts, chosen.appends, chosen.seed)
    sys.exit(1 if wrong else 0)


def _kills(cycles: int, seed: int) -> int:
    began, faults = time.monotonic(), 0
    appends: Counter[str] = Counter()
    for done in range(0, cycles, AT_ONCE):
        killed = kill(min(AT_ONCE, cycles - done), seed + done)
        appends += killed.appends
        faults += _told(killed.faults)
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(appends.items()))
        said = f"{min(done + AT_ONCE, cycles)} cycles of kills in {time.monotonic() - began:.0f} s"
        print(f"{said} ({counts}): {faults} faults.", flush=True)
    return faults


def _cuts(cuts: int, appends: int, seed: int) -> int:
    began, faults, acknowledged = time.monotonic(), 0, 0
    for done in range(0, cuts, AT_ONCE):
        full = PowerCuts(seed + done)
        full.run(min(AT_ONCE, cuts - done), appends=appends)
        acknowledged += full.acknowledged
        faults += _told(full.faults)
        said = f"{min(done + AT_ONCE, cuts)} power cuts among {acknowledged} acknowledged appends"
        print(f"{said} in {time.monotonic() - began:.0f} s: {faults} faults.", flush=True)
    normal, fewer = PowerCuts(seed), max(30, cuts // NORMAL_ONE_IN)
    normal.run(fewer, appends=appends, synchronous="NORMAL")
    print(f"{fewer} power cuts with synchronous=NORMAL: {dict(normal.kinds)}; it must lose something.")
    return faults + (not normal.kinds["lost"])


def _told(faults: Sequence[str]) -> int:
    for fault in faults[:50]:
        print(fault)
    return len(faults)


if __name__ == "__main__":
    main()
