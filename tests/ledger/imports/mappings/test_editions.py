"""Five real editions of one publication, taken in one after the other, each as all that there is of it."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, import_file
from ledger.imports.mappings.table_mapping import parse_mapping
from projections import Engine
from tests.places import SHARED
from tests.shared_tables import engine_of

EDITIONS = SHARED / "vintages" / "usgs_rare_earths_editions_2022_2026.csv"
MAPPING = r"""
name = "usgs-editions"
[symbols]
NA = "not_available"
"—" = "0"
"--" = "0"
W = "withheld"
E = "net_exporter"
[table]
thousands = ","
[event]
type = "FigureReported"
subject = "usgs-table"
metric = "usgs_cell"
dimensions = { row = "{series}" }
period = { from = "{reference_date}", replace = [["^([0-9]{4})-12-31$", "\\1"]] }
unit = "ratio"
published_at = "{recorded_date}"
value = "{raw}"
source = { publisher = "usgs", locator = "{source}" }
"""
Cell = tuple[str, str]


@pytest.mark.skipif(not EDITIONS.is_file(), reason="the editions are not beside the project")
def test_what_an_edition_leaves_out_is_listed_and_every_vintage_is_the_one_of_the_file(tmp_path: Path) -> None:
    with EDITIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_edition: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_edition[row["recorded_date"]].append(row)
    mapping = parse_mapping(
        MAPPING.replace('{ from = "m_{series}", replace = [["^(.*)$", "\\\\1"]] }', '"usgs_cell"').encode()
    )
    held: dict[Cell, dict[str, str]] = {}
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(
            [
                {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "US Geological Survey"},
                {"type": "EntityRegistered", "entity": "usgs-table", "kind": "other", "name": "Tables of the USGS"},
            ]
        )
        for date, edition in sorted(by_edition.items()):
            path = tmp_path / f"{date}.csv"
            with path.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows(edition)
            report = import_file(ledger, path, mapping=mapping, scope=f"usgs:{date}")
            assert (report.recorded, report.rejected) == (len(edition), 0), report.errors[:3]
            cells = {(row["series"], row["reference_date"]): row for row in edition}
            before = {cell for cell, row in held.items() if row["recorded_date"] == previous(by_edition, date)}
            told = {(one["dimensions"]["row"], f"{one['period']}-12-31") for one in report.missing}
            assert told == before - set(cells)
            held |= cells
            assert answers(engine, date) == {cell: stated(row["raw"]) for cell, row in held.items()}


def previous(by_edition: Any, date: str) -> str:
    return max((one for one in by_edition if one < date), default="")


def answers(engine: Engine, date: str) -> dict[Cell, tuple[str | None, str | None, str | None]]:
    """What the ledger answers of each cell, as it stood on a day."""
    items = engine.read("figures", engine.viewpoint(as_of=date)).to_pylist()
    return {
        (json.loads(item["dimensions"])["row"], f"{item['period']}-12-31"): (item["value"], item["low"], item["symbol"])
        for item in items
    }


def stated(raw: str) -> tuple[str | None, str | None, str | None]:
    """What a cell of the file states, by hand: a value, a lower bound or a symbol."""
    if raw == "NA":
        return None, None, "not_available"
    if raw == "E":
        return None, None, "net_exporter"
    if raw == "W":
        return None, None, "withheld"
    if raw.startswith(">"):
        return None, raw[1:].replace(",", ""), None
    return ("0" if raw in ("\N{EM DASH}", "--") else raw.replace(",", "")), None, None
