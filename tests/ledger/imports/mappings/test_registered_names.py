"""Names of a table that nobody has registered: which slugs they get, and which of them are one."""

from pathlib import Path

import pytest

from ledger import Ledger, import_file
from ledger.imports.mappings.table_mapping import parse_mapping
from ledger.values.slugs import slug_for
from tests.ledger.imports.mappings.test_mappings import SIMPLE, bodies, ledger, taken
from tests.ledger.imports.mappings.test_wanted_rows import TALL

__all__ = ["ledger"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Österreich", "osterreich"),
        ("Straße 5", "strasse-5"),
        ("Côte d’Ivoire", "cote-divoire"),
        ("CÔTE D'IVOIRE", "cote-divoire"),
        ("São Tomé and Príncipe", "sao-tome-and-principe"),
        ("U.S. (lower 48)", "u-s-lower-48"),
        ("中国", ""),
    ],
)
def test_a_name_is_its_letters_without_their_marks(name: str, slug: str) -> None:
    assert slug_for(name) == slug


def test_another_spelling_of_the_same_letters_is_the_same_entity(ledger: Ledger, tmp_path: Path) -> None:
    text = "Country,Year,Value\nCôte d’Ivoire,2022,1\nCÔTE D'IVOIRE,2023,2\nChina*,2022,3\n中国,2022,4\n"
    report = taken(ledger, tmp_path / "t.csv", text, parse_mapping(TALL.encode()), mode="proceed", register="country")
    made = [(one.get("subject"), one.get("entity")) for one in bodies(ledger, report.recorded)]
    assert made == [(None, "cote-divoire"), ("cote-divoire", None), ("cote-divoire", None), ("china", None)]
    (error,) = report.errors
    assert "中国" in error["detail"]
    assert "without letters from a to z" in error["detail"]
    assert "register=" not in error["detail"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("World", "region"),
        ("World total (rounded)", "region"),
        ("Total", "region"),
        ("Other countries", "region"),
        ("Rest of the world", "region"),
        ("European Union", "region"),
        ("North America", "region"),
        ("South Africa", "country"),
        ("Central African Republic", "country"),
        ("Otherland", "country"),
    ],
)
@pytest.mark.parametrize("is_mapped", [True, False])
def test_an_aggregate_is_never_registered_as_a_country(
    ledger: Ledger, tmp_path: Path, name: str, kind: str, is_mapped: bool
) -> None:
    slug = slug_for(name)
    header = "type,subject,metric,value,unit,published_at,source.publisher"
    text = f"{header}\nFigureReported,{slug},production,5,t,2025,usgs\n"
    if is_mapped:
        text = f"Country,2022\n{name},5\n"
    (tmp_path / "t.csv").write_text(text)
    mapping = parse_mapping(SIMPLE.encode()) if is_mapped else None
    report = import_file(ledger, tmp_path / "t.csv", register="country", mapping=mapping)
    assert report.errors == []
    assert [one["kind"] for one in report.registered] == ([] if slug == "world" else [kind])
