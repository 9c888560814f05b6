"""What a few words find in the shipped ledger."""

from typing import Any

import pytest

from api.problems import Problem
from api.questions.audit.search_question import ask
from projections import Engine


def found(engine: Engine, words: str, **more: str) -> list[dict[str, Any]]:
    return ask(engine, {"q": words, **more}).rows()


@pytest.mark.parametrize(
    ("words", "kind", "field", "value"),
    [
        ("australia 2024 mine production", "figure", "subject", "australia"),
        ("AUSTRALIA Mine-Production", "series", "metric", "mine_production"),
        ("who owns mp materials", "entity", "slug", "mp-materials"),
        ("lynas rare earths", "entity", "slug", "lynas-rare-earths"),
        ("burma", "entity", "slug", "myanmar"),
        ("announcement 61", "policy", "slug", "china-announcement-61-2025"),
        ("china export controls", "policy", "kind", "policy"),
        ("price floor", "policy", "slug", "us-ndpr-price-floor"),
    ],
)
def test_the_best_is_what_is_meant(shipped: Engine, words: str, kind: str, field: str, value: str) -> None:
    best = found(shipped, words)[0]
    assert (best["kind"], best[field]) == (kind, value)


def test_a_period_chooses_the_figures_of_it(shipped: Engine) -> None:
    items = found(shipped, "china quota 2023")
    figures = [item for item in items if item["kind"] == "figure"]
    assert {item["period"] for item in figures} == {"2023"}
    assert {item["subject"] for item in figures} == {"china"}
    told_apart = {(item["metric"], item["detail"]) for item in figures}
    assert len(told_apart) == len(figures), "batches are told apart"


def test_nothing_is_found_before_it_was_published(shipped: Engine) -> None:
    assert found(shipped, "announcement 61")[0]["slug"] == "china-announcement-61-2025"
    assert found(shipped, "announcement 61", as_of="2020-01-01") == []
    assert [item["kind"] for item in found(shipped, "burma", as_of="1990-01-01")] == ["entity"]


@pytest.mark.parametrize("words", ["", "   ", "x" * 201])
def test_no_words_and_too_many_are_refused(shipped: Engine, words: str) -> None:
    with pytest.raises(Problem):
        found(shipped, words)


@pytest.mark.parametrize("words", ["%", "'; DROP TABLE x", "{}", "\\", "who is the", "日本", "ü" * 100, "2024"])
def test_any_words_are_words(shipped: Engine, words: str) -> None:
    assert isinstance(found(shipped, words), list)
