"""The benchmark: `python -m tests.benchmarks --size 1000000`, or `make bench SIZE=1000000`.

It generates a log, takes it in, asks of it, and appends to it; every answer that is timed is checked, and beside each
number is what the same work costs another way in the same run.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.benchmarks import phases, tables
from tests.benchmarks.apart import apart
from tests.benchmarks.place import Place

OUTPUT = Path("build/benchmarks")


def main() -> None:
    """Run it; exits with 1 where an answer was wrong or a phase failed. Marks that are not reached are no failure."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--size", type=int, default=100_000, help="how many events besides the registrations")
    options.add_argument("--only", help=f"phases, with commas between them: {', '.join(phases.NAMES)}")
    options.add_argument("--keep", type=Path, metavar="DIR", help="keep the files here, and go on from those there")
    options.add_argument("--json", type=Path, metavar="FILE", help=f"default: {OUTPUT}/SIZE.json")
    options.add_argument("--markdown", type=Path, metavar="FILE", help=f"default: {OUTPUT}/SIZE.md")
    options.add_argument("--compare", type=Path, metavar="FILE", help="the JSON of another run, to compare with")
    chosen = options.parse_args()
    names = phases.NAMES if chosen.only is None else chosen.only.split(",")
    if unknown := set(names) - set(phases.NAMES):
        options.error(f"unknown phases: {', '.join(sorted(unknown))}; there are {', '.join(phases.NAMES)}")
    other = None if chosen.compare is None else json.loads(chosen.compare.read_text(encoding="utf-8"))
    to_json = chosen.json or OUTPUT / f"{chosen.size}.json"
    to_markdown = chosen.markdown or OUTPUT / f"{chosen.size}.md"
    for path in (to_json, to_markdown):
        path.parent.mkdir(parents=True, exist_ok=True)

    # Beside the results, since the system's temporary directory may be in memory, where nothing has to reach a disk.
    directory = (chosen.keep or Path(tempfile.mkdtemp(prefix="files-", dir=to_json.parent))).resolve()
    console = Console(stderr=True)
    console.print(f"{chosen.size:,} events in {directory}", highlight=False)
    try:
        found = phases.run(Place(directory, chosen.size), names, apart, console)
    finally:
        if chosen.keep is None:
            shutil.rmtree(directory)
    text = tables.markdown(found, other)
    to_json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    to_markdown.write_text(text, encoding="utf-8")
    print(text)
    console.print(f"{sum(found['seconds'].values()):.0f} s; also in {to_json} and {to_markdown}", highlight=False)
    sys.exit(1 if found["failures"] else 0)


if __name__ == "__main__":
    main()
