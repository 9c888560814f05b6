"""Several values of a filter, with commas between: one of them must fit."""

import json
from typing import Any

import pytest

from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api


def seen(items: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(item["subject"], item["publisher"], item["value"]) for item in items]


ASKED = [
    ({"subject": "lynas,myanmar"}, {("lynas", "usgs", "1359"), ("myanmar", "bgs", "41000")}),
    ({"subject": "myanmar", "publisher": "usgs, bgs"}, {("myanmar", "usgs", "38000"), ("myanmar", "bgs", "41000")}),
    ({"metric": "export_volume,mine_production", "subject": "lynas"}, {("lynas", "usgs", "1359")}),
    ({"period": "2024,FY2024-Q4", "subject": "lynas"}, {("lynas", "usgs", "1359")}),
    ({"period": "2024,2022"}, {("china", "usgs", "270000")}),
    ({"dimension.grade": '"Nd, Pr",Nd'}, {("china", "usgs", "255000")}),
    ({"dimension.grade": "Nd, Pr"}, set()),
    ({"subject_kind": "organisation,region"}, {("lynas", "usgs", "1359")}),
    ({"material": "ndpr-oxide,ndpr-metal"}, {("lynas", "usgs", "1359")}),
]


@pytest.mark.parametrize(("asked", "found"), ASKED)
def test_an_item_has_one_of_the_values(words: Api, words_shell: Shell, asked: dict[str, str], found: set[Any]) -> None:
    assert set(seen(words.items("figures", **asked))) == found
    options = [
        word
        for name, text in asked.items()
        for word in (
            ("--dimension", f"{name.removeprefix('dimension.')}={text}")
            if name.startswith("dimension.")
            else (f"--{name.replace('_', '-')}", text)
        )
    ]
    printed = json.loads(words_shell.ok("figures", "--format", "json", *options))
    assert set(seen(printed["items"])) == found


def test_several_figures_and_several_kinds_of_events(words: Api) -> None:
    ids = [item["figure_id"] for item in words.items("figures", subject="china")]
    assert len(ids) == 3
    assert {item["figure_id"] for item in words.items("figures", figure_id=",".join(ids))} == set(ids)
    events = words.items("events", type="EntityRenamed,ProductionReported", entity="myanmar,lynas")
    assert [item["value"] for item in events if "value" in item] == ["38000", "41000", "1359"]
    assert [item["name"] for item in events[-2:]] == ["Myanmar", "Kestrel"]
    assert len(words.items("events", publisher="bgs,usgs")) == 6
    assert len(words.items("events", figure_id=",".join(ids))) == 3
    assert {item["entity"] for item in words.items("entities", kind="material,region,country")} == {
        *("china", "myanmar", "ndpr-oxide", "world")
    }


@pytest.mark.parametrize("question", ["vintages", "revisions", "disputes", "scorecards", "sums"])
def test_questions_of_the_audit_take_several_values_too(words: Api, question: str) -> None:
    one, other = (
        words.items(question, subject=subject, status="all")
        if question == "disputes"
        else words.items(question, subject=subject)
        for subject in ("myanmar", "china")
    )
    more = {"status": "all"} if question == "disputes" else {}
    both = words.items(question, subject="myanmar,china", **more)
    if question == "scorecards":
        assert {item["publisher"] for item in both} == {"usgs", "bgs"}
    else:
        assert len(both) == len(one) + len(other)
    assert words.items(question, subject="china,myanmar", publisher="bgs,usgs", **more) == both


def test_shares_are_of_one_whole(words: Api) -> None:
    response = words.client.get(
        "/v1/concentration", params={"metric": "mine_production,export_volume", "period": "2023"}
    )
    assert response.status_code == 422
    assert "give one value" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        ("figures", {"publisher": ","}, "no value between the commas"),
        ("figures", {"subject": '"china'}, "double quotes"),
        ("figures", {"subject": ",".join(f"s{number}" for number in range(1001))}, "at most"),
        ("figures", {"figure_id": "00000000-0000-4000-8000-000000000000,x"}, "'x' is no UUID"),
        ("links", {"status": "open,shut"}, "'shut' is none of"),
        ("figures", {"disputed": "true,false"}, "none of"),
        ("figures", {"period_from": "2023,2024"}, "period_from"),
        ("events", {"type": "EntityRenamed,Nonsense"}, "there is no type of event 'Nonsense'"),
    ],
)
def test_what_is_no_list_of_values_is_told(words: Api, path: str, asked: dict[str, str], told: str) -> None:
    response = words.client.get(f"/v1/{path}", params=asked)
    assert response.status_code == 422
    assert told in response.json()["detail"]
