"""A figure that lacks a part which its publisher names otherwise, or names another, is pointed out; once."""

import io
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger import Append, Ledger, import_stream
from ledger.rules import figure_forms
from ledger.rules.figure_forms import VALUES_MAX
from tests.ledger.conftest import WORLD, correction, figure, record_together, reinstatement, retraction, sqlite_of

REO = {"basis": "reo"}


def year(number: int, dimensions: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """World mine production of a year, as it is published in January after it."""
    given = {"dimensions": dimensions} if dimensions else {}
    return figure(period=str(number), published_at=f"{number + 1}-01-31", **given, **fields)


def pointed_out(ledger: Ledger, *events: dict[str, Any]) -> list[str | None]:
    """Where each event of a batch has a near figure."""
    items = ledger.append(list(events)).items
    near = [[one["pointer"] for one in item["warnings"] if one["rule"] == "near_series"] for item in items]
    assert all(len(pointers) <= 1 for pointers in near)
    return [pointers[0] if pointers else None for pointers in near]


def recorded(ledger: Ledger, event: dict[str, Any]) -> str:
    return str(ledger.append([event], warn=False).items[0]["event_id"])


def test_a_dimension_that_is_left_out_this_year_is_pointed_out_once(ledger: Ledger) -> None:
    first = recorded(ledger, year(2021, REO))
    recorded(ledger, year(2022, REO))
    (item,) = ledger.append([year(2023)]).items
    (warning,) = item["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/dimensions", "near_series")
    assert "'basis', 'reo'" in warning["detail"]
    assert first in warning["detail"]
    assert pointed_out(ledger, year(2024), year(2025, REO), year(2025)) == [None, None, None]


def other(**fields: Any) -> dict[str, Any]:
    return year(2022, **fields)


@pytest.mark.parametrize(
    ("stands", "new", "pointer"),
    [
        ([year(2021, REO)], other(), "/dimensions"),
        ([year(2021, REO)], other(subject="china"), "/dimensions"),
        ([year(2021, {**REO, "batch": "first"})], other(dimensions=REO), "/dimensions"),
        ([year(2021)], other(dimensions=REO), "/dimensions/basis"),
        ([year(2021, REO)], other(dimensions={**REO, "batch": "first"}), "/dimensions/batch"),
        ([year(2021, material="ndpr-oxide")], other(), "/material"),
        ([year(2021)], other(material="ndpr-oxide"), "/material"),
        ([year(2021, REO, material="ndpr-oxide")], other(material="ndpr-oxide"), "/dimensions"),
        ([year(2022, {"end_use": "wind"})], other(dimensions={"enduse": "wind"}), "/dimensions/enduse"),
        ([year(2022, {"segment": "wind"})], other(dimensions={"segmnt": "wind"}), "/dimensions/segmnt"),
        ([year(2022, REO)], other(dimensions={"basis": "R.E.O."}), "/dimensions/basis"),
        ([year(2022, REO)], other(dimensions={"basis": "REO"}), "/dimensions/basis"),
        ([year(2022, REO)], other(dimensions={"basis": "re-o"}), "/dimensions/basis"),
        ([year(2022, {"use": "automotive"})], other(dimensions={"use": "automotve"}), "/dimensions/use"),
        ([year(2021, REO)], other(source={"publisher": "bgs"}), None),
        ([year(2021, REO)], other(metric="reserves"), None),
        ([year(2021, REO)], other(nature="forecast"), None),
        ([year(2021, REO)], other(dimensions={"batch": "first"}), None),
        ([year(2021, REO)], other(dimensions={"basis": "metal"}), None),
        ([year(2021, REO, material="ndpr-oxide")], other(dimensions=REO, material="dy-oxide"), None),
        ([year(2021, REO, material="ndpr-oxide")], other(material="dy-oxide"), None),
        ([year(2021, {"age": "20-29"})], other(dimensions={"age": "20-39"}), None),
        ([year(2021, {"size": ">500 persons"})], other(dimensions={"size": "<500 persons"}), None),
        (
            [year(2021, {"row": "exports_of_metal_and_alloy"})],
            other(dimensions={"row": "imports_of_metal_and_alloy"}),
            None,
        ),
    ],
)
def test_what_is_nearly_what_its_publisher_says_otherwise_is_pointed_out(
    ledger: Ledger, stands: Sequence[dict[str, Any]], new: dict[str, Any], pointer: str | None
) -> None:
    ledger.append([{"type": "EntityRegistered", "entity": "dy-oxide", "kind": "material", "name": "Dysprosium oxide"}])
    ledger.append(list(stands), warn=False)
    assert pointed_out(ledger, new) == [pointer]
    assert pointed_out(ledger, new) == [None]


def test_a_table_of_parts_and_their_total_is_nothing_odd_in_whatever_order(ledger: Ledger) -> None:
    parts = [year(2021, {"use": use}) for use in ("wind", "automotive", "electronics")]
    assert pointed_out(ledger, *parts, year(2021)) == [None] * 4
    assert (
        pointed_out(ledger, figure(metric="sold"), *(figure(metric="sold", dimensions={"use": "wind"}),)) == [None] * 2
    )


def test_what_lacks_a_part_with_several_values_is_their_total(ledger: Ledger) -> None:
    assert pointed_out(ledger, *(year(2021, {"use": use}) for use in ("wind", "automotive"))) == [None] * 2
    assert pointed_out(ledger, year(2022)) == [None]


def test_what_is_undated_is_of_the_publication_of_its_batch(ledger: Ledger) -> None:
    with_basis, without = ({**year(2021, dimensions), "published_at": None} for dimensions in (REO, None))
    for one in (with_basis, without):
        del one["published_at"]
    assert pointed_out(ledger, with_basis, without) == [None, None]
    recorded(ledger, {**with_basis, "metric": "mined"})
    assert pointed_out(ledger, {**without, "metric": "mined"}) == ["/dimensions"]


def test_within_a_batch_each_figure_is_compared_with_those_before_it(ledger: Ledger) -> None:
    assert pointed_out(ledger, year(2021, REO), year(2022), year(2023)) == [None, "/dimensions", None]


def test_what_was_retracted_is_not_named_and_comes_back_with_its_reinstatement(ledger: Ledger) -> None:
    first = recorded(ledger, year(2021, REO))
    recorded(ledger, retraction(first))
    without = recorded(ledger, year(2022))
    recorded(ledger, reinstatement(first))
    assert pointed_out(ledger, year(2023)) == [None], "it is no new form any more"
    recorded(ledger, retraction(without))
    assert pointed_out(ledger, year(2024)) == ["/dimensions"], "the first of its form was taken back"


def test_what_was_corrected_counts_as_it_reads_now(ledger: Ledger) -> None:
    first = recorded(ledger, year(2021))
    recorded(ledger, correction(first, dimensions=REO))
    assert pointed_out(ledger, year(2022, REO)) == [None]
    (item,) = ledger.append([year(2023)]).items
    assert first in item["warnings"][0]["detail"]


def test_in_one_batch_what_is_corrected_or_retracted_counts_from_there(ledger: Ledger) -> None:
    one, two = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
    batch = [
        year(2021, REO, event_id=one),
        retraction(one),
        year(2022, event_id=two),
        correction(two, dimensions=REO),
        year(2023),
    ]
    assert pointed_out(ledger, *batch) == [None, None, None, None, "/dimensions"]


def test_what_was_refused_or_only_tried_is_not_compared_with(ledger: Ledger) -> None:
    recorded(ledger, year(2021, REO))
    refused = Append.of([year(2022), figure(subject="nowhere")])
    said = Append.of([year(2023)])
    record_together(ledger, [refused, said])
    assert refused.error is not None
    assert [one["rule"] for one in said.unwrap().items[0]["warnings"]] == ["near_series"]
    for _ in range(2):
        (item,) = ledger.plan([year(2023, {**REO, "batch": "first"})]).items
        assert [one["rule"] for one in item.warnings] == ["near_series"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_is_told_once(ledger: Ledger, *, dry_run: bool) -> None:
    recorded(ledger, year(2021, REO))
    text = "\n".join(json.dumps(year(number)) for number in (2022, 2023, 2024)).encode()
    report = import_stream(ledger, io.BytesIO(text), "jsonl", dry_run=dry_run)
    assert [(one["row"], one["rule"]) for one in report.warnings] == [(1, "near_series")]


def test_another_writer_and_a_ledger_opened_again_know_the_forms(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    one, two = Ledger(path), Ledger(path)
    one.append([*WORLD, year(2020)])
    two.append([year(2021, REO, metric="mined")])
    assert pointed_out(one, year(2022, metric="mined")) == ["/dimensions"]
    first = recorded(one, year(2021, REO, metric="sold"))
    assert pointed_out(two, year(2021, REO, metric="sold")) == [None]
    recorded(one, retraction(first))
    assert pointed_out(two, year(2022, metric="sold")) == [None], "what another writer retracted is not named"
    one.close()
    two.close()
    again = Ledger(path)
    assert pointed_out(again, year(2023, metric="mined"), year(2023, REO)) == [None, "/dimensions/basis"]
    again.close()


def test_a_log_in_which_no_forms_were_noted_has_them_noted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger(path)
    ledger.append([*WORLD, year(2021, REO), year(2022, metric="mined")])
    noted = ledger.log.forms(after=0)
    assert noted
    ledger.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE forms")
    connection.close()
    ledger = Ledger(path)
    ledger.plan([year(2022)])
    assert pointed_out(ledger, year(2022), year(2023, metric="mined")) == ["/dimensions", None]
    assert [row for row in ledger.log.forms(after=0) if row in noted] == noted
    ledger.close()


def test_a_merged_publisher_is_the_one_it_was_merged_into(ledger: Ledger) -> None:
    ledger.append([{"type": "EntitiesMerged", "kept": "usgs", "merged": "bgs", "reason": "one and the same"}])
    recorded(ledger, year(2021, REO, source={"publisher": "bgs"}))
    assert pointed_out(ledger, year(2022)) == ["/dimensions"]


def test_a_part_with_many_values_is_an_open_list_and_a_long_one_is_left_alone(ledger: Ledger) -> None:
    many = [year(2021, {"mine": f"{number:03} of many"}) for number in range(3 * VALUES_MAX)]
    assert set(pointed_out(ledger, *many, year(2021, {"mine": "001 of manys"}))) == {None}
    rows = ledger.log.forms(after=0)
    assert VALUES_MAX < len(rows) < VALUES_MAX + 5
    ledger.append([year(2021, {"mine": "x" * 5_000}), year(2021, {f"name_{number}": "x" for number in range(30)})])
    assert ledger.log.forms(after=0) == rows


def test_no_more_forms_are_kept_than_there_is_room_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_forms, "KEPT_MAX", 3)
    recorded(ledger, year(2021, REO))
    ledger.append([year(2021, REO, metric=f"metric_{number}") for number in range(5)])
    assert len(ledger.log.forms(after=0)) == 3
    assert pointed_out(ledger, year(2022)) == [None]


def test_what_is_repeated_asks_and_writes_nothing_more(ledger: Ledger) -> None:
    recorded(ledger, year(2021, REO))
    asked: list[str] = []
    with sqlite_of(ledger).writing() as cursor:
        connection = cursor.connection
    connection.set_trace_callback(asked.append)
    ledger.append([year(number, REO) for number in range(1900, 2000)])
    connection.set_trace_callback(None)
    assert not [statement for statement in asked if "forms" in statement or "position IN" in statement]
