"""Multipliers: a column in cents, or in thousands, is recorded in the unit that it is named in, exactly."""

from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, MappingError, import_file, mapping_schema, with_parameters
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.imports.mappings.test_mappings import SIMPLE, bodies, ledger, taken

__all__ = ["ledger"]

PRICES = """
name = "prices"
[table]
thousands = ","
[symbols]
W = "withheld"
"(s)" = "<0.5"
[event]
type = "FigureReported"
metric = "{Metric}"
subject = "china"
period = "2024"
unit = "t"
published_at = "2025-01-31"
source = { publisher = "usgs" }
[[value]]
columns = "Cents"
unit = "USD/lb"
times = "0.01"
[[value]]
columns = "Tonnes"
"""


@pytest.mark.parametrize(
    ("cell", "said", "printed"),
    [
        ("31.5", {"value": "0.315"}, "31.5"),
        ("31.50", {"value": "0.3150"}, "31.50"),
        ('"1,250"', {"value": "12.50"}, "1,250"),
        (">520", {"low": "5.20"}, ">520"),
        ("<0.5", {"high": "0.005"}, "<0.5"),
        ("(s)", {"high": "0.005"}, "(s)"),
        ("10-20", {"low": "0.10", "high": "0.20"}, "10-20"),
        ("7e", {"value": "0.07", "status": "estimated"}, "7e"),
        ("-3", {"value": "-0.03"}, "-3"),
        ("0", {"value": "0.00"}, "0"),
        ("W", {"symbol": "withheld"}, None),
    ],
)
def test_what_is_printed_is_multiplied_exactly_and_stays_in_the_note(
    ledger: Ledger, tmp_path: Path, cell: str, said: dict[str, Any], printed: str | None
) -> None:
    report = taken(
        ledger, tmp_path / "t.csv", f"Metric,Cents,Tonnes\nprice,{cell},\nstock,,3\n", parse_mapping(PRICES.encode())
    )
    assert report.errors == []
    price, stock = bodies(ledger, 2)
    assert {name: price[name] for name in ("value", "low", "high", "symbol", "status") if name in price} == said
    assert price.get("note") == (printed and f"Printed {printed}, times 0.01")
    assert (price["unit"], stock["unit"], stock["value"], "note" in stock) == ("USD/lb", "t", "3", False)
    assert report.notes == [
        "The mapping prices multiplies by 0.01 the numbers in Cents; as printed they stay in the events' notes"
    ]


def test_a_multiplier_of_all_columns_gives_way_to_that_of_one(ledger: Ledger, tmp_path: Path) -> None:
    text = PRICES.replace('unit = "t"\n', 'unit = "t"\ntimes = 1000\nnote = "Rounded"\n')
    report = taken(
        ledger, tmp_path / "t.csv", "Metric,Cents,Tonnes\nprice,5,\nstocks,,2.5\n", parse_mapping(text.encode())
    )
    assert report.errors == []
    assert [(one["value"], one["note"]) for one in bodies(ledger, 2)] == [
        ("0.05", "Rounded; Printed 5, times 0.01"),
        ("2500.0", "Rounded; Printed 2.5, times 1000"),
    ]


def test_the_multiplier_of_a_row_stands_in_a_column(ledger: Ledger, tmp_path: Path) -> None:
    text = SIMPLE.partition("[[value]]")[0].replace(
        'unit = "t"',
        'unit = "t"\nperiod = "2024"\nvalue = "{Value}"\n'
        'times = { from = "{Mult}", values = { 3 = "1000", 6 = "1000000" } }',
    )
    rows = "Country,Value,Mult\nChina,1.5,3\nIndia,2,6\nBrazil,3,\nMalaysia,4,0\n"
    report = taken(ledger, tmp_path / "t.csv", rows, parse_mapping(text.encode()), mode="proceed")
    assert [(one["subject"], one["value"]) for one in bodies(ledger, 3)] == [
        ("china", "1500.0"),
        ("india", "2000000"),
        ("brazil", "3"),
    ]
    assert [(one["row"], one["rule"]) for one in report.errors] == [(5, "mapping")]
    assert "a multiplier is more than 0, and not 0" in report.errors[0]["detail"]


def test_a_product_of_too_many_digits_is_told_with_its_row(ledger: Ledger, tmp_path: Path) -> None:
    text = PRICES.replace("0.01", "0.000000000000000001")
    report = taken(ledger, tmp_path / "t.csv", "Metric,Cents,Tonnes\na,0.5,\n", parse_mapping(text.encode()))
    assert [(one["row"], one["pointer"]) for one in report.errors] == [(2, "/Cents")]
    assert "0.5 times 0.000000000000000001: " in report.errors[0]["detail"]
    assert "18 after it" in report.errors[0]["detail"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ('"0"', "more than 0"),
        ('"-1"', "more than 0"),
        ('"a hundred"', "not a decimal number"),
        ('"1,000"', "write 1000"),
        ("0.01", "in quotes"),
        ('{ from = "{x}", values = { a = "0" } }', "more than 0"),
    ],
)
def test_a_multiplier_that_cannot_be_is_told_of_the_mapping(times: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        parse_mapping(PRICES.replace('"0.01"', times).encode())


def test_another_multiplier_is_another_amount_and_a_note_is_none(ledger: Ledger, tmp_path: Path) -> None:
    rows = "Metric,Cents,Tonnes\nprice,31.5,\n"
    taken(ledger, tmp_path / "t.csv", rows, parse_mapping(PRICES.encode()))
    plain = PRICES.replace('times = "0.01"', "")
    as_dollars = taken(ledger, tmp_path / "t.csv", rows.replace("31.5", "0.315"), parse_mapping(plain.encode()))
    assert (as_dollars.duplicate, as_dollars.recorded) == (1, 0)
    other = taken(ledger, tmp_path / "t.csv", rows, parse_mapping(plain.encode()))
    assert [one["rule"] for one in other.errors] == ["conflict"]


def test_the_schema_says_what_a_multiplier_is() -> None:
    properties = mapping_schema()["properties"]
    assert properties["event"]["properties"]["times"] == properties["value"]["items"]["properties"]["times"]
    assert {"fill_down", "until", "skip_rows_where", "footnotes"} <= set(
        mapping_schema()["$defs"]["TableForm"]["properties"]
    )


def test_parameters_may_be_multipliers(ledger: Ledger, tmp_path: Path) -> None:
    text = PRICES.replace('"0.01"', '"{times}"').replace("[table]", '[parameters]\ntimes = ""\n[table]')
    mapping = with_parameters(parse_mapping(text.encode()), {"times": "0.1"})
    path = tmp_path / "t.csv"
    path.write_text("Metric,Cents,Tonnes\nprice,5,\n")
    import_file(ledger, path, mapping=mapping)
    assert bodies(ledger, 1)[0]["value"] == "0.5"
