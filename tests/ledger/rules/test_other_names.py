"""Names that an entity got after its registration name it as much as those that it was registered with."""

from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, import_file
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.conftest import WORLD, correction, reinstatement, retraction

ONE = "00000001-0000-4000-8000-000000000000"
ALIAS = {"type": "EntityAliasAdded", "entity": "china", "alias": "Zhongguo", "event_id": ONE}
RENAMED = {"type": "EntityRenamed", "entity": "china", "name": "Zhongguo", "event_id": ONE}
MAPPING = """
name = "table"
version = 1
[event]
type = "ProductionReported"
metric = "mine_production"
subject = { from = "{Country}", names = true }
period = "2023"
unit = "t"
published_at = "2024-01-31"
source = { publisher = "usgs" }
[[value]]
columns = "Tons"
"""


def registered(slug: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "EntityRegistered", "entity": slug, "kind": "country", "name": name, **fields}


def look_alikes(ledger: Ledger, name: str) -> list[str]:
    (item,) = ledger.plan([registered("another", name)]).items
    return [one["detail"] for one in item.warnings if one["rule"] == "look_alike"]


@pytest.mark.parametrize("told", [ALIAS, RENAMED], ids=["an alias", "a rename"])
def test_a_name_that_came_later_is_found(ledger: Ledger, told: dict[str, Any]) -> None:
    name = "name" if "name" in told else "alias"
    ledger.append([told])
    assert ledger.registered_names()["zhongguo"] == "china"
    assert "'china'" in look_alikes(ledger, "Zhong-Guo")[0]
    ledger.append([correction(ONE, **{name: "Cathay"})])
    assert "zhongguo" not in ledger.registered_names()
    assert (look_alikes(ledger, "Zhongguo"), len(look_alikes(ledger, "Cathay"))) == ([], 1)
    ledger.append([retraction(ONE)])
    assert (look_alikes(ledger, "Cathay"), ledger.registered_names().get("cathay")) == ([], None)
    ledger.append([reinstatement(ONE)])
    assert (len(look_alikes(ledger, "Cathay")), ledger.registered_names()["cathay"]) == (1, "china")
    ledger.erase(ONE, reason="licence", explanation="It may not be kept.")
    assert (look_alikes(ledger, "Cathay"), ledger.registered_names().get("cathay")) == ([], None)


def test_it_is_found_when_the_log_is_opened_again(tmp_path: Path) -> None:
    with Ledger(tmp_path / "log.db") as ledger:
        ledger.append([*WORLD, ALIAS, correction(ONE, alias="Cathay")])
    with Ledger(tmp_path / "log.db") as ledger:
        assert ledger.registered_names()["cathay"] == "china"
        assert len(look_alikes(ledger, "Cathay")) == 1


def test_a_table_names_an_entity_by_its_alias(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([ALIAS])
    path = tmp_path / "table.csv"
    path.write_text("Country,Tons\nZhongguo,5\n")
    report = import_file(ledger, path, mapping=parse_mapping(MAPPING.encode()))
    assert (report.recorded, report.rejected) == (1, 0)
    assert list(ledger.entries())[-1].body["subject"] == "china"


def test_a_name_of_two_is_one_where_they_were_merged(ledger: Ledger) -> None:
    ledger.append([registered("cathay", "The Middle Kingdom"), {**ALIAS, "alias": "The Middle Kingdom"}])
    assert "the middle kingdom" not in ledger.registered_names()
    ledger.append([{"type": "EntitiesMerged", "kept": "china", "merged": "cathay", "reason": "one"}])
    names = ledger.registered_names()
    assert (names["the middle kingdom"], names["cathay"]) == ("china", "cathay")
