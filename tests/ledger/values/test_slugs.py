"""Slugs and names: what is told of a text that is none."""

from typing import Any

import pytest

from ledger import InvalidEvent, Ledger
from ledger.values.slugs import NAME_PATTERN, SLUG_PATTERN, why_no_match

FIGURE = {
    "type": "FigureReported",
    "subject": "china",
    "metric": "production",
    "value": "1",
    "unit": "t",
    "published_at": "2025",
    "source": {"publisher": "usgs"},
}


@pytest.mark.parametrize(
    ("pattern", "text", "ending"),
    [
        (SLUG_PATTERN, "NdPr oxide", "80 at most; write ndpr-oxide"),
        (SLUG_PATTERN, "Côte d'Ivoire", "write cote-divoire"),
        (SLUG_PATTERN, "中国", "a letter or a digit first, 80 at most"),
        (NAME_PATTERN, "Mine Production", "write mine_production"),
        (NAME_PATTERN, "2024 reserves", "write reserves"),
    ],
)
def test_the_corrected_form_is_told(pattern: str, text: str, ending: str) -> None:
    said = why_no_match(pattern, text)
    assert said is not None
    assert said.startswith(repr(text))
    assert said.endswith(ending)


def test_other_patterns_are_told_by_others() -> None:
    assert why_no_match("^a$", "b") is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"material": "NdPr oxide"}, "'NdPr oxide' is no slug"),
        ({"metric": "Mine Production"}, "'Mine Production' is no name"),
        ({"source": {"publisher": "US Geological Survey"}}, "write us-geological-survey"),
        ({"dimensions": {"Basis": "REO"}}, "write basis"),
    ],
)
def test_no_raw_pattern_is_told_of_an_event(wrong: dict[str, Any], told: str) -> None:
    with Ledger(":memory:") as ledger, pytest.raises(InvalidEvent) as refused:
        ledger.append([{**FIGURE, **wrong}])
    (violation,) = refused.value.violations
    assert violation.rule == "string_pattern_mismatch"
    assert told in violation.detail
    assert "pattern" not in violation.detail
