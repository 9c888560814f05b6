"""What people type for a name: taken for the entity that it means, or told what was probably meant."""

import json
from typing import Any

import pytest

from projections import CATALOGUE
from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api, mined

SHARE = "mine_production / mine_production[subject=china]"


@pytest.fixture
def over(api: Api) -> Api:
    """A policy, a plant and a figure with a dimension."""
    source = {"publisher": "usgs"}
    api.post(
        {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "Plant"},
        {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "export_ban"}
        | {"published_at": "2024-01-01", "source": source},
        {"type": "FacilityAnnounced", "facility": "plant", "stage": "magnet"}
        | {"published_at": "2024-01-01", "source": source},
        mined("china", "1", "2024-01-01") | {"dimensions": {"basis": "reo"}},
    )
    return api


TAKEN = [
    ("figures", {"subject": "burma"}, {"subject": ("burma", "myanmar")}),
    ("figures", {"subject": "Birma,china"}, {"subject": ("Birma", "myanmar")}),
    ("figures", {"subject": "CN", "publisher": "USGS"}, {"subject": ("CN", "china"), "publisher": ("USGS", "usgs")}),
    ("figures", {"publisher": "US Geological  Survey"}, {"publisher": ("US Geological  Survey", "usgs")}),
    ("figures", {"prefer": "Keyworth,usgs", "subject": "myanmar"}, {"prefer": ("Keyworth", "bgs")}),
    ("entities", {"entity": "Kestrel"}, {"entity": ("Kestrel", "lynas")}),
    ("events", {"publisher": "British Geological Survey"}, {"publisher": ("British Geological Survey", "bgs")}),
    ("vintages", {"subject": "PRC"}, {"subject": ("PRC", "china")}),
    ("scorecards", {"publisher": "Keyworth"}, {"publisher": ("Keyworth", "bgs")}),
    ("diff", {"subject": "PRC", "from_as_of": "2024-02-01"}, {"subject": ("PRC", "china")}),
]


@pytest.mark.parametrize(("path", "asked", "taken"), TAKEN)
def test_a_name_that_means_one_entity_is_taken_for_it(
    words: Api, path: str, asked: dict[str, str], taken: dict[str, tuple[str, str]]
) -> None:
    body = words.get(path, **asked)
    said = [{"parameter": name, "value": value, "taken_for": slug} for name, (value, slug) in taken.items()]
    assert sorted(body["resolved"], key=str) == sorted(said, key=str)
    assert "hints" not in body
    meant = dict(asked)
    for name, (value, slug) in taken.items():
        meant[name] = asked[name].replace(value, slug)
    by_slug = words.get(path, **meant)
    assert body["items"] == by_slug["items"] != []
    assert not {"resolved", "hints"} & by_slug.keys()


HINTED: list[tuple[str, dict[str, str], dict[str, list[str]]]] = [
    ("figures", {"publisher": "Geological Survey"}, {"publisher": ["bgs", "usgs"]}),
    ("figures", {"subject": "chna"}, {"subject": ["china"]}),
    ("figures", {"subject": "china,chna"}, {"subject": ["china"]}),
    ("figures", {"metric": "mine-production"}, {"metric": ["mine_production"]}),
    ("figures", {"metric": "export_volume,mineproduction"}, {"metric": ["mine_production"]}),
    ("figures", {"nature": "observd"}, {"nature": ["observed"]}),
    ("figures", {"material": "ndpr"}, {"material": ["ndpr-oxide"]}),
    ("figures", {"subject": "zzzzzz"}, {"subject": []}),
    ("links", {"supplier": "lyns"}, {"supplier": ["lynas"]}),
    ("concentration", {"metric": "mine_prod", "period": "2023"}, {"metric": ["mine_production"]}),
    ("trace", {"entity": "lynass"}, {"entity": ["lynas"]}),
    ("events", {"entity": "myanmr"}, {"entity": ["myanmar"]}),
    ("figures", {"subject_kind": "countri"}, {"subject_kind": ["country"]}),
    ("figures", {"subject_kind": "country,contry"}, {"subject_kind": ["country"]}),
    ("entities", {"kind": "organization"}, {"kind": ["organisation"]}),
    ("vintages", {"subject_kind": "countri"}, {"subject_kind": ["country"]}),
]


@pytest.mark.parametrize(("path", "asked", "meant"), HINTED)
def test_a_name_that_means_none_or_several_gets_a_hint(
    words: Api, path: str, asked: dict[str, str], meant: dict[str, list[str]]
) -> None:
    body = words.get(path, **asked)
    assert {hint["parameter"]: hint["meant"] for hint in body["hints"]} == meant
    assert [hint["value"] for hint in body["hints"]] == [asked[name].rpartition(",")[2] for name in meant]
    assert "resolved" not in body
    assert bool(body["items"]) == any("," in value for value in asked.values())


NOT_WORDS = ("period", "period_from", "period_to", "figure_id", "relationship", "q")
"""Filters whose values are no names: days, ids and phrases."""
WORD_FILTERS = [
    (projection.name, one.name.replace("*", "basis"))
    for projection in CATALOGUE.values()
    for one in projection.filters
    if not one.choices and one.name not in NOT_WORDS
]


@pytest.mark.parametrize(("resource", "name"), WORD_FILTERS)
def test_a_value_that_nothing_was_said_with_gets_a_hint(words: Api, resource: str, name: str) -> None:
    told = words.get(resource, **{name: "no-such-word"})
    assert told["hints"] == [{"parameter": name, "value": "no-such-word", "meant": []}]
    assert name == "prefer" or told["items"] == []


def test_a_word_that_is_like_one_that_was_said_is_told(over: Api) -> None:
    for resource, name, value, meant in (
        ("policies", "kind", "export-ban", ["export_ban"]),
        ("facilities", "stage", "magnets", ["magnet"]),
        ("figures", "dimension.basis", "reoo", ["reo"]),
        ("figures", "dimension.basis", "reo,reoo", ["reo"]),
        ("figures", "dimension.bases", "reo", []),
        ("vintages", "dimension.basis", "reoo", ["reo"]),
    ):
        told = over.get(resource, **{name: value})
        said = {"parameter": name, "value": value.rpartition(",")[2], "meant": meant}
        assert told["hints"] == [said], (resource, name, value)
        assert bool(told["items"]) == ("," in value)
    for resource, asked in (
        ("policies", {"kind": "export_ban", "status": "repealed"}),
        ("facilities", {"stage": "magnet", "as_of": "2024-02-01", "status": "closed"}),
        ("figures", {"dimension.basis": "reo", "subject": "usgs"}),
    ):
        assert "hints" not in over.get(resource, **asked), resource
        assert over.items(resource, **asked) == []


def test_the_words_of_a_question_of_the_audit_are_told_too(over: Api) -> None:
    over.post(
        {"type": "MetricDefined", "metric": "world_share", "unit": "percent", "formula": SHARE},
        {
            "type": "RelianceRegistered",
            "reliance": "page-4",
            "title": "Page 4",
            "question": "/v1/figures?subject=china",
        },
        {"type": "RelationshipStated", "subject": "lynas", "relation": "owns", "object": "plant"}
        | {"published_at": "2024-01-01", "source": {"publisher": "usgs"}},
    )
    for path, name, value, known, meant in (
        ("definitions", "metric", "world_shar", "world_share", ["world_share"]),
        ("definitions", "metric", "zzz", "world_share", []),
        ("derived", "metric", "world_shar", "world_share", ["world_share"]),
        ("reliance", "reliance", "page-5", "page-4", ["page-4"]),
        ("reliance", "reliance", "page-4,zzz", "page-4", []),
        ("trace", "relations", "own", "owns", ["owns"]),
        ("trace", "relations", "owns,zzz", "owns", []),
    ):
        asked = {"entity": "lynas"} if path == "trace" else {}
        told = over.get(path, **asked, **{name: value})
        said = {"parameter": name, "value": value.rpartition(",")[2], "meant": meant}
        assert told["hints"] == [said], (path, value)
        assert "hints" not in over.get(path, **asked, **{name: known}), (path, known)
    assert "hints" not in over.get("trace", entity="lynas")
    assert "hints" not in over.get("reliance")


def test_a_word_is_not_told_before_it_was_published(over: Api) -> None:
    for resource, name, value in (("policies", "kind", "export-ban"), ("figures", "dimension.basis", "reoo")):
        told = over.get(resource, **{name: value, "as_of": "2023-12-31"})
        assert told["hints"] == [{"parameter": name, "value": value, "meant": []}]


def test_a_known_name_without_items_gets_no_hint(words: Api) -> None:
    assert words.get("figures", subject="world").keys() == {"items", "next", "basis"}
    assert "hints" not in words.get("links", supplier="china")


@pytest.mark.parametrize(
    ("value", "before", "known"),
    [
        ("Kestrel", {"as_of": "2024-06-17"}, {"as_of": "2024-06-18"}),
        ("Keyworth", {"recorded_as_of": "position:16"}, {"recorded_as_of": "position:17"}),
    ],
)
def test_nothing_is_told_that_the_viewpoint_does_not_know(
    words: Api, value: str, before: dict[str, str], known: dict[str, str]
) -> None:
    early = words.get("figures", subject=value, **before)
    assert [hint["meant"] for hint in early["hints"]] == [[]]
    assert [one["value"] for one in words.get("figures", subject=value, **known)["resolved"]] == [value]


def test_a_metric_is_not_hinted_at_before_anything_was_published_of_it(words: Api) -> None:
    asked = {"metric": "export-volume"}
    assert words.get("figures", **asked, as_of="2024-10-30")["hints"][0]["meant"] == []
    assert words.get("figures", **asked, as_of="2024-10-31")["hints"][0]["meant"] == ["export_volume"]


def test_every_page_takes_names_alike(words: Api) -> None:
    first = words.get("figures", subject="PRC,Birma", resolve="all", limit=2)
    rest = words.get("figures", subject="PRC,Birma", resolve="all", limit=100, cursor=first["next"])
    assert first["resolved"] == rest["resolved"]
    assert [*first["items"], *rest["items"]] == words.items("figures", subject="china,myanmar", resolve="all")


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "arrow", "xlsx"])
def test_a_file_says_it_in_a_header(words: Api, form: str) -> None:
    answer = words.client.get("/v1/figures", params={"subject": "Birma", "publisher": "usgss", "format": form})
    said: dict[str, Any] = json.loads(answer.headers["Ledger-Names"])
    assert [one["taken_for"] for one in said["resolved"]] == ["myanmar"]
    assert [one["meant"] for one in said["hints"]] == [["usgs"]]
    assert "Ledger-Names" not in words.client.get(f"/v1/figures?subject=myanmar&format={form}").headers


def test_the_command_line_says_it_beside_the_answer(words_shell: Shell) -> None:
    result = words_shell.run("figures", "--subject", "Birma", "--publisher", "usgss", "--format", "csv")
    assert result.exit_code == 0
    assert "'Birma' is taken for myanmar" in result.stderr
    assert "Did you mean usgs?" in result.stderr
    assert "Birma" not in result.stdout
    assert "38000" in words_shell.ok("figures", "--subject", "Birma", "--publisher", "USGS")
