"""`/v1/catalogue`: what there is to ask for."""

import csv
import io
import json

import pytest

from tests.api.cli.test_commands import Shell
from tests.api.helpers import Api

NAMES = [
    ("material", "ndpr-oxide"),
    ("metric", "export_volume"),
    ("metric", "mine_production"),
    ("publisher", "bgs"),
    ("publisher", "usgs"),
    ("subject", "china"),
    ("subject", "lynas"),
    ("subject", "myanmar"),
]


def test_it_lists_what_figures_are_of_and_about(words: Api) -> None:
    assert [(item["kind"], item["name"]) for item in words.items("catalogue")] == NAMES
    metric = words.only("catalogue", kind="metric", q="mine prod")
    assert metric == {
        "kind": "metric",
        "name": "mine_production",
        "title": None,
        "figures": 4,
        "statements": 5,
        "publishers": 2,
        "subjects": 2,
        "metrics": ["mine_production"],
        "materials": [],
        "natures": ["observed"],
        "units": ["t"],
        "unit_family": "mass",
        "dimensions": ["grade"],
        "period_start": "2023-01-01",
        "period_end": "2024-12-31",
        "first_published_at": "2024-01-31",
        "latest_published_at": "2025-01-31",
    }


@pytest.mark.parametrize(
    ("item", "asked"),
    [
        (("metric", "mine_production"), {"metric": "mine_production"}),
        (("publisher", "usgs"), {"publisher": "usgs"}),
        (("subject", "china"), {"subject": "china"}),
        (("material", "ndpr-oxide"), {"material": "ndpr-oxide"}),
    ],
)
def test_its_counts_are_those_of_the_lists(words: Api, item: tuple[str, str], asked: dict[str, str]) -> None:
    for as_of in ("2024-02-01", "2024-12-31", "2025-12-31"):
        found = [one for one in words.items("catalogue", as_of=as_of) if (one["kind"], one["name"]) == item]
        figures = words.items("figures", **asked, as_of=as_of)
        assert (found[0]["figures"] if found else 0) == len(figures)


def test_it_is_searched_by_every_name_that_the_viewpoint_knows(words: Api) -> None:
    assert words.only("catalogue", q="burma")["name"] == "myanmar"
    assert words.only("catalogue", q="KESTREL")["title"] == "Kestrel"
    assert words.items("catalogue", q="kestrel", recorded_as_of="position:15") == []
    assert words.items("catalogue", as_of="2023") == []


def test_it_comes_in_pages_in_every_format_and_on_the_command_line(words: Api, words_shell: Shell) -> None:
    first = words.get("catalogue", limit=3)
    rest = words.get("catalogue", limit=100, cursor=first["next"])
    assert [(item["kind"], item["name"]) for item in (*first["items"], *rest["items"])] == NAMES
    for form in ("jsonl", "csv", "parquet", "arrow", "xlsx"):
        assert words.client.get(f"/v1/catalogue.{form}").status_code == 200
    rows = list(csv.DictReader(io.StringIO(words_shell.ok("catalogue", "--kind", "metric,subject", "--format", "csv"))))
    assert [(row["kind"], row["name"]) for row in rows] == [one for one in NAMES if one[0] in ("metric", "subject")]
    assert json.loads(rows[1]["dimensions"]) == ["grade"]
