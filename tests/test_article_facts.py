"""Every fact of the two articles is in the shipped ledger, as what it is; what stays text says why."""

import re

from tests.article_facts import MOST_TEXTS, article_facts, counted, kind_of, types_by_reference
from tests.places import ROOT

README = ROOT / "ledger" / "samples" / "README.md"


def test_each_fact_is_held_as_the_table_says() -> None:
    held = types_by_reference()
    assert {fact.fact_id: held.get(fact.fact_id, []) for fact in article_facts()} == {
        fact.fact_id: fact.held_as for fact in article_facts()
    }


def test_every_reference_to_an_article_is_a_fact_of_the_table() -> None:
    named = {reference for reference in types_by_reference() if reference.startswith(("S0-", "S4-"))}
    assert named == {fact.fact_id for fact in article_facts()}


def test_thirteen_systems_miss_nothing() -> None:
    counts = counted()
    assert len(counts) == 13
    assert sum(count["missing"] for count in counts.values()) == 0
    assert sum(count.total() for count in counts.values()) == 159
    assert {system: count["text"] for system, count in counts.items() if count["text"]} == {
        "capacity_and_plant_stages": 3,
        "demand_segments": 1,
        "environmental_metrics": 2,
        "export_ban_and_bilateral_mou": 3,
        "forecasts_and_targets": 5,
        "mou_lifecycle": 1,
        "partnership_roles_and_technology": 1,
    }


def test_what_stays_text_has_its_reason_in_the_readme() -> None:
    types = types_by_reference()
    texts = {fact.fact_id for fact in article_facts() if kind_of(fact, types) == "text"}
    told = re.findall(r"^\| (S[04]-\d{3}(?:, S[04]-\d{3})*) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {one for cell in told for one in cell.split(", ")} == texts
    assert len(texts) <= MOST_TEXTS
