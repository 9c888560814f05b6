"""Importing a table through a mapping, beside the same events as JSON Lines: CPU of the program and of its workers.

The table is wide, one row with a year in each column. CPU and not time, since a machine that does other things as well
would decide between the two.
"""

import json
import resource
from pathlib import Path

from ledger import TableMapping
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.benchmarks import ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, check_equal, once
from tests.benchmarks.place import Place

ROWS_MAX = 100_000
YEARS = tuple(range(2000, 2025))
PLACES = 200
MAPPING = """
name = "wide"
[table]
thousands = ","
[symbols]
W = "withheld"
[event]
type = "ProductionReported"
subject = { from = "{Country}", names = true }
unit = "t"
published_at = "2025-01-31"
dimensions = { basis = "{Basis}" }
source = { publisher = "usgs" }
[[value]]
columns = "(?P<year>[0-9]{4})"
period = "{year}"
"""


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """A table of up to 100,000 figures, and the same as events."""
    rows = max(min(place.events, ROWS_MAX) // len(YEARS), 1)
    directory = place.fresh("mapped")
    (directory / "table.csv").write_text("\n".join(table(rows)) + "\n", encoding="utf-8")
    (directory / "events.jsonl").write_text("\n".join(lines(rows)) + "\n", encoding="utf-8")
    count = rows * len(YEARS)
    mapped, bodies = apart(cpu_of, place.fresh("mapped/one"), directory / "table.csv", MAPPING, count)[0]
    plain, wanted = apart(cpu_of, place.fresh("mapped/two"), directory / "events.jsonl", None, count)[0]
    check_equal(bodies, wanted, "events of a mapping")
    place.drop(directory)
    reference = Reference("the same events as JSON Lines", once(count / plain), ratio_at_least=0.6)
    name, note = "a table through a mapping", f"{count:,} figures; seconds of CPU, workers included"
    return [Measurement("import", name, "events/CPU s", once(count / mapped), (reference,), note=note)]


def cpu_of(data: Path, path: Path, mapping: str | None, count: int) -> tuple[float, list[str]]:
    """Seconds of CPU that an import takes, and some of the events that it recorded."""
    parsed: TableMapping | None = None if mapping is None else parse_mapping(mapping.encode())
    with ours.ledger(data) as log:
        log.append(registrations())
        before = cpu_s()
        report = ours.take_in(log, path, mode="proceed", mapping=parsed)
        ours.end_workers()
        seconds = cpu_s() - before
        check_equal((report.recorded, report.rejected), (count, 0), f"import of {path.name}")
        positions = range(log.head() - count + 1, log.head() + 1, max(count // 100, 1))
        return seconds, [json.dumps(body, sort_keys=True) for body in ours.bodies(log, list(positions))]


def cpu_s() -> float:
    """Seconds of CPU that this process has taken, and those of its children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def registrations() -> list[dict[str, str]]:
    """What the rows name."""
    kind = {"type": "EntityRegistered", "kind": "country"}
    places = [{**kind, "entity": f"country-{n}", "name": f"Country {n}"} for n in range(PLACES)]
    return [{**kind, "entity": "usgs", "kind": "organisation", "name": "US Geological Survey"}, *places]


def value(row: int, year: int) -> tuple[int, int]:
    """Thousands, and the rest."""
    return (row * 7 + year) % 900 + 100, year % 900 + 100


def table(rows: int) -> list[str]:
    """The wide table."""
    made = ["Country,Basis," + ",".join(map(str, YEARS))]
    for row in range(rows):
        cells = ('"{},{}"'.format(*value(row, year)) for year in YEARS)
        made.append(f"Country {row % PLACES},b{row // PLACES}," + ",".join(cells))
    return made


def lines(rows: int) -> list[str]:
    """The same as events."""
    common = {"type": "ProductionReported", "unit": "t", "published_at": "2025-01-31", "source": {"publisher": "usgs"}}
    return [
        json.dumps(
            {
                **common,
                "subject": f"country-{row % PLACES}",
                "dimensions": {"basis": f"b{row // PLACES}"},
                "period": str(year),
                "value": "{}{}".format(*value(row, year)),
            }
        )
        for row in range(rows)
        for year in YEARS
    ]
