"""Values in another unit of the same kind."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from ledger.values import canonical, unit
from tests.api.cli.test_commands import Shell
from tests.api.helpers import BASICS, Api, mined
from tests.shared_tables import engine_of

SAID: tuple[tuple[dict[str, Any], str], ...] = (
    ({"value": "2080"}, "t"),
    ({"value": "0.0025"}, "Mt"),
    ({"value": "1000"}, "lb"),
    ({"value": "1300", "approximate": True}, "metric tons"),
    ({"low": "85", "high": "95.5"}, "kt"),
    ({"low": "520"}, "t"),
    ({"symbol": "withheld"}, "t"),
)
OTHERS = (
    mined("world", "5", "2024-01-31", metric="sales", unit="million USD", period="2024"),
    mined("world", "60", "2024-01-31", metric="price", unit="USD/t", period="2024"),
    mined("world", "7000", "2024-01-31", metric="capacity", unit="t/yr", period="2024"),
)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        for number, (said, printed) in enumerate(SAID):
            body = mined("china", "", "2024-01-31", period=str(2000 + number), unit=printed)
            del body["value"]
            ledger.append([body | said])
        ledger.append(OTHERS)
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


def shown(api: Api, **asked: str) -> list[tuple[Any, ...]]:
    names = ("value", "low", "high", "unit", "converted")
    return [tuple(item[name] for name in names) for item in api.items("figures", subject="china", **asked)]


def test_values_are_exact_where_their_decimals_end(api: Api) -> None:
    assert shown(api, unit="kt") == [
        ("2.08", None, None, "kt", True),
        ("2.5", None, None, "kt", True),
        ("0.00045359237", None, None, "kt", True),
        ("1.3", None, None, "kt", True),
        (None, "85", "95.5", "kt", False),
        (None, "0.52", None, "kt", True),
        (None, None, None, "t", False),
    ]


def test_values_have_six_decimals_where_they_do_not_end(api: Api) -> None:
    assert [row[:3] for row in shown(api, unit="lb")] == [
        ("4585615.053445", None, None),
        ("5511556.554622", None, None),
        ("1000", None, None),
        ("2866009.408403", None, None),
        (None, "187392922.857146", "210541460.386558"),
        (None, "1146403.763361", None),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("digits", "values"),
    [("0", ["2", "2", "0", "1"]), ("1", ["2.1", "2.5", "0.0", "1.3"]), ("3", ["2.080", "2.500", "0.000", "1.300"])],
)
def test_values_are_rounded_half_even_to_the_digits_asked_for(api: Api, digits: str, values: list[str]) -> None:
    assert [row[0] for row in shown(api, unit="kt", digits=digits)[:4]] == values


def test_canonical_values_and_those_printed_in_that_unit_stay(api: Api) -> None:
    plain = api.items("figures", subject="china")
    for name in ("t", "kt", "Mt", "troy_ounce"):
        for before, after in zip(plain, api.items("figures", subject="china", unit=name, digits="18"), strict=True):
            apart = {"value", "low", "high", "unit", "converted"}
            assert {key: after[key] for key in after if key not in apart} == {
                key: before[key] for key in before if key not in apart
            }
            if not after["converted"]:
                assert [after[key] for key in ("value", "low", "high", "unit")] == [
                    before[key] for key in ("value", "low", "high", "unit")
                ]
            elif after["value"] is not None:
                assert after["unit"] == name
                difference = canonical(Decimal(after["value"]), "t") * unit(name).factor - Decimal(
                    before["canonical_value"]
                )
                assert abs(difference) < Decimal("1e-16")


def test_what_is_of_another_kind_comes_as_it_is(api: Api) -> None:
    items = api.items("figures", unit="USD/kg")
    assert {(item["value"], item["unit"]) for item in items if item["converted"]} == {("0.06", "USD/kg")}
    assert len(items) == 10
    assert [item["value"] for item in api.items("figures", metric="capacity", unit="kt/yr")] == ["7"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"unit": "USD"}, "money is never converted"),
        ({"unit": "million USD"}, "money is never converted"),
        ({"unit": "kWh/day", "subject": "china"}, "in t,"),
        ({"unit": "kt", "metric": "price"}, "in USD/kg,"),
        ({"unit": "MT"}, "write t"),
        ({"unit": "parsec"}, "nearest known"),
        ({"unit": "kt", "digits": "19"}, "0 to 18"),
        ({"unit": "kt", "digits": "-1"}, "0 to 18"),
        ({"digits": "2"}, "give unit too"),
    ],
)
def test_what_cannot_be_is_told(api: Api, asked: dict[str, str], told: str) -> None:
    response = api.client.get("/v1/figures", params=asked)
    assert response.status_code == 422
    assert told in response.json()["detail"]


def test_a_list_without_figures_stays_a_list(api: Api) -> None:
    assert api.items("figures", subject="australia", unit="kWh") == []
    assert api.items("figures", subject="nobody", unit="kt") == []


def test_histories_files_and_the_command_line_too(api: Api, words: Api, words_shell: Shell) -> None:
    item = api.items("figures", subject="china", period="2000")[0]
    for clock in ("publication", "ledger"):
        (entry,) = api.items(f"figures/{item['figure_id']}/history", clock=clock, unit="kg")
        assert (entry["value"], entry["unit"], entry["canonical_value"], entry["converted"]) == (
            "2080000",
            "kg",
            "2080",
            True,
        )
    history = f"/v1/figures/{item['figure_id']}/history"
    assert api.client.get(history, params={"unit": "t/yr"}).status_code == 422
    for form in ("csv", "jsonl", "parquet", "arrow", "xlsx"):
        assert api.client.get(f"/v1/figures.{form}", params={"unit": "kt"}).status_code == 200
    asked = ("--subject", "myanmar,Kestrel", "--unit", "kt", "--digits", "1")
    rows = list(csv.DictReader(io.StringIO(words_shell.ok("figures", *asked, "--format", "csv"))))
    assert [(row["value"], row["unit"], row["converted"]) for row in rows] == [
        ("1.4", "kt", "true"),
        ("41.0", "kt", "true"),
    ]
    printed = words_shell.ok("history", "--subject", "lynas", "--unit", "kg", "--format", "json")
    assert [entry["value"] for entry in json.loads(printed)["items"]] == ["1359000"]
    assert "converted" not in words.items("figures", subject="lynas")[0]
