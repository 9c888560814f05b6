"""Words of a figure's identity are turned into codes of SDMX, and back."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.questions.sdmx.sdmx_codes import (
    breakdown_code,
    code_of,
    dimensions_of_code,
    text_of_code,
    unit_code,
    unit_of_code,
)

CODE = re.compile(r"[A-Za-z0-9_@$-]+")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("unit", "code"),
    [("t", "t"), ("USD/kg", "USD_PER_kg"), ("t/yr", "t_PER_yr"), ("t CO2e", "t$20CO2e"), ("Bq/g", "Bq_PER_g")],
)
def test_units_as_codes(unit: str, code: str) -> None:
    assert unit_code(unit) == code
    assert unit_of_code(code) == unit


@pytest.mark.parametrize(
    ("dimensions", "code"),
    [
        (None, "_Z"),
        ({"basis": "reo"}, "basis@reo"),
        ({"segment": "automotive", "basis": "reo"}, "basis@reo@segment@automotive"),
        ({"purity": "99.5%"}, "purity@99$2E5$25"),
        ({"grade": "Nd, Pr"}, "grade@Nd$2C$20Pr"),
    ],
)
def test_dimensions_as_codes(dimensions: dict[str, str] | None, code: str) -> None:
    assert breakdown_code(json.dumps(dimensions) if dimensions else None) == code
    assert dimensions_of_code(code) == (dimensions or {})


@given(WORDS)
def test_every_text_comes_back(text: str) -> None:
    assert CODE.fullmatch(code_of(text))
    assert text_of_code(code_of(text)) == text


@given(st.lists(st.sampled_from(["_PER_", "_", "PER", "kg", "$", "/", " ", "@"]), min_size=1, max_size=8))
@example(["_PER_", "PER", "_"])
@example(["kg", "_PER", "/", "PER_"])
def test_every_unit_comes_back_though_it_looks_like_a_code(parts: list[str]) -> None:
    unit = "".join(parts)
    assert unit_of_code(unit_code(unit)) == unit


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), WORDS, max_size=3))
def test_every_map_of_dimensions_comes_back(dimensions: dict[str, str]) -> None:
    code = breakdown_code(json.dumps(dimensions) if dimensions else None)
    assert CODE.fullmatch(code)
    assert dimensions_of_code(code) == dimensions
