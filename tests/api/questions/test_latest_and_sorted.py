"""The latest period of each figure, and lists in other orders."""

import csv
import io

import pytest

from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api


def said(items: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(item["subject"], item["value"]) for item in items]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [("china", "255000"), ("china", "270000"), ("lynas", "1359"), ("myanmar", "41000")]),
        ({"as_of": "2024-12-31"}, [("china", "240"), ("china", "255000"), ("lynas", "1359"), ("myanmar", "41000")]),
        ({"subject": "china", "as_of": "2024-02-01"}, [("china", "240")]),
        ({"period_to": "2023", "subject": "china"}, [("china", "240"), ("china", "255000")]),
        ({"publisher": "usgs", "subject": "myanmar"}, [("myanmar", "38000")]),
        ({"metric": "nothing"}, []),
    ],
)
def test_latest_is_the_latest_period_with_an_answer(
    words: Api, words_shell: Shell, asked: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert sorted(said(words.items("figures", period="latest", **asked))) == found
    options = [word for name, text in asked.items() for word in (f"--{name.replace('_', '-')}", text)]
    printed = words_shell.ok("figures", "--period", "latest", *options, "--format", "csv")
    assert sorted(said(list(csv.DictReader(io.StringIO(printed))))) == found


def test_latest_comes_in_pages(words: Api) -> None:
    first = words.get("figures", period="latest", limit=3)
    rest = words.get("figures", period="latest", limit=3, cursor=first["next"])
    assert [*first["items"], *rest["items"]] == words.items("figures", period="latest")


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("value", ["1359", "41000", "240", "255000", "270000"]),
        ("-value", ["270000", "255000", "240", "41000", "1359"]),
        ("published", ["240", "41000", "255000", "1359", "270000"]),
        ("-published", ["270000", "1359", "255000", "41000", "240"]),
        ("-period", ["270000", "1359", "240", "255000", "41000"]),
        ("-recorded", ["1359", "270000", "255000", "240", "41000"]),
        ("-subject", ["41000", "1359", "240", "255000", "270000"]),
    ],
)
def test_lists_come_in_the_order_that_is_asked_for(words: Api, words_shell: Shell, sort: str, found: list[str]) -> None:
    every = words.items("figures", sort=sort)
    assert [item["value"] for item in every] == found
    pages: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = words.get("figures", sort=sort, limit=2, **cursor)
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert pages == every
    printed = words_shell.ok("figures", f"--sort={sort}", "--format", "csv")
    assert [row["figure_id"] for row in csv.DictReader(io.StringIO(printed))] == [item["figure_id"] for item in every]
    of_one = words.items("figures", sort=sort, subject="china,myanmar")
    assert of_one == [item for item in every if item["subject"] in ("china", "myanmar")]


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        ("figures", {"sort": "size"}, "-published"),
        ("figures", {"sort": "--value"}, "none of"),
        ("figures", {"period": "latest,2023"}, "alone"),
        ("concentration", {"metric": "mine_production", "period": "latest"}, "one period"),
        ("vintages", {"sort": "value"}, "unknown parameter"),
        ("diff", {"sort": "value"}, "unknown parameter"),
        ("policies", {"sort": "value"}, "unknown parameter"),
    ],
)
def test_what_is_no_order_and_no_period_is_told(words: Api, path: str, asked: dict[str, str], told: str) -> None:
    response = words.client.get(f"/v1/{path}", params=asked)
    assert response.status_code == 422
    assert told in response.json()["detail"]


def test_the_cursor_of_one_order_is_none_of_another(words: Api) -> None:
    cursor = words.get("figures", sort="value", limit=2)["next"]
    assert words.client.get("/v1/figures", params={"sort": "-value", "cursor": cursor}).status_code == 422
