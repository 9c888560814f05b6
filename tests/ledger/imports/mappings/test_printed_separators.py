"""Which separator is which, as far as a table shows it."""

import io
from pathlib import Path

import pytest

from ledger import Ledger, MappingError, import_file, suggested_mapping
from ledger.imports.mappings.printed_separators import separator_lines
from ledger.imports.mappings.table_mapping import parse_mapping
from tests.ledger.conftest import figure

CONTINENTAL, ENGLISH = ['decimal = ","', 'thousands = "."'], ['thousands = ","']


def chosen(cells: list[str], delimiter: str | None) -> list[str]:
    return [line.partition("  #")[0] for line in separator_lines(cells, delimiter) if not line.startswith("#")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", None])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0,125", "0,250", "0,375"], CONTINENTAL[:1]),
        (["0,125", "1,125"], CONTINENTAL[:1]),
        (["00,125"], CONTINENTAL[:1]),
        (["2,5", "1,125"], CONTINENTAL[:1]),
        (["1234,567"], CONTINENTAL[:1]),
        (["1.234,5", "7"], CONTINENTAL),
        (["1.234.567"], CONTINENTAL),
        (["2,5", "1.125"], CONTINENTAL),
        (["1,234,567", "1,125"], ENGLISH),
        (["1,234.5"], ENGLISH),
        (["0.125", "1,125"], ENGLISH),
        (["1.125", "0.375"], []),
        (["1.125", "1234.567"], []),
        (["2.5"], []),
        (["12", "W"], []),
        (["0,125", "2.5"], ['decimal = ""']),
        (["1,234,567", "2,5"], ['decimal = ""']),
        (["1,125", "1.125"], ['decimal = ""']),
    ],
)
def test_what_the_numbers_of_a_table_show(delimiter: str | None, cells: list[str], expected: list[str]) -> None:
    shown = chosen(cells, delimiter)
    assert [line for line in shown if expected == CONTINENTAL or line != 'thousands = "."'] == expected
    assert chosen([f"~{cell} (e)" for cell in cells], delimiter) == shown


@pytest.mark.parametrize(
    ("delimiter", "cell", "expected"),
    [
        (",", "1,125", ENGLISH),
        (None, "240,000", ENGLISH),
        (",", "1.125", []),
        (None, "1.125", []),
        *((delimiter, cell, ['decimal = ""']) for delimiter in ";\t|" for cell in ("1,125", "1.125")),
    ],
)
def test_three_digits_alone_show_nothing(delimiter: str | None, cell: str, expected: list[str]) -> None:
    assert chosen([cell, "999"], delimiter) == expected


@pytest.mark.parametrize("cell", ["1,125", "1.125"])
def test_a_draft_is_refused_until_it_is_chosen_and_has_both_readings(ledger: Ledger, tmp_path: Path, cell: str) -> None:
    ledger.append([figure()])
    text = f"Country;Year;Metric;Value;Unit\nChina;2000;mine_production;{cell};t\n".encode()
    draft = suggested_mapping(io.BytesIO(text), "g.csv").replace('publisher = ""', 'publisher = "usgs"')
    draft = draft.replace('published_at = ""', 'published_at = "2025-01-31"')
    with pytest.raises(MappingError, match="decimal is not chosen"):
        parse_mapping(draft.encode())
    (tmp_path / "g.csv").write_bytes(text)
    lines = draft.splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith('decimal = ""'))
    values = {}
    for at in (place + 1, place + 4):
        said = [*lines[:place], *(line.removeprefix("#") for line in lines[at + 1 : at + 3]), *lines[place + 7 :]]
        report = import_file(ledger, tmp_path / "g.csv", mapping=parse_mapping("\n".join(said).encode()), dry_run=True)
        assert report.errors == []
        values[lines[at].removeprefix("# where it is ").removesuffix(":")] = report.entries[0].body["value"]
    assert values == {"1125": "1125", "1.125": "1.125"}
