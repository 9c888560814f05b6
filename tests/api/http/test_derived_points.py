"""Rows of a table of questions may be about derived figures: each is answered at its own viewpoint, and bounded."""

from typing import Any

import pytest

from projections.audit.derived import derived_points
from tests.api.helpers import Api, country, mined

SHARE = {
    "type": "MetricDefined",
    "metric": "world_share",
    "unit": "percent",
    "formula": "mine_production / mine_production[subject=world]",
}
TWICE = {**SHARE, "metric": "twice", "unit": "t", "formula": "2 * mine_production"}
OF_PARTS = {**SHARE, "metric": "of_parts", "unit": "t", "formula": "sum(mine_production)"}
CHINA = {"subject": "china", "metric": "world_share", "period": "2023"}


@pytest.fixture
def two_editions(api: Api) -> Api:
    """China and the world, both revised by one edition; and a share of them, defined behind."""
    api.post(mined("china", "240000", "2024-01-31"), mined("world", "350000", "2024-01-31"))
    api.post(mined("china", "255000", "2025-01-31"), mined("world", "376000", "2025-01-31"))
    api.post(SHARE, TWICE, OF_PARTS)
    return api


def answered(api: Api, *rows: dict[str, Any], **params: str) -> list[dict[str, Any]]:
    answer = api.client.post("/v1/asof", json=list(rows), params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_row_is_answered_as_the_question_of_derived_figures_answers_at_its_viewpoint(two_editions: Api) -> None:
    days = ["2024-01-30", "2024-01-31", "2024-12-31", "2025-01-31", "2026-03-01"]
    found = answered(two_editions, *({**CHINA, "as_of": day} for day in days))
    for day, row in zip(days, found, strict=True):
        items = two_editions.items("derived", **CHINA, as_of=day)
        assert [row["value"]] == ([items[0]["value"]] if items else [None])
        assert row["found"] is bool(items)
    assert [row["revisions"] for row in found] == [None, 0, 0, 1, 1]
    last = found[-1]
    assert (last["unit"], last["canonical_value"], last["canonical_unit"]) == ("percent", "67.8191", "percent")
    assert (last["publisher"], last["published_at"], last["figure_id"]) == ("usgs", "2025-01-31", None)
    assert last["event_id"] == two_editions.only("definitions", metric="world_share")["event_id"]


@pytest.mark.parametrize("days", [("2024-01-31", "2024-06-30"), ("2024-06-30", "2024-01-31")])
def test_it_is_published_with_the_last_of_its_inputs(api: Api, days: tuple[str, str]) -> None:
    of_china, of_world = days
    api.post(mined("china", "240000", of_china), mined("world", "350000", of_world), SHARE)
    before, after = answered(api, {**CHINA, "as_of": "2024-06-29"}, {**CHINA, "as_of": "2025"})
    assert (before["found"], after["published_at"]) == (False, "2024-06-30")


def test_it_counts_from_its_definition_on_and_no_row_sees_a_later_one(two_editions: Api) -> None:
    before = two_editions.head()
    two_editions.post({**SHARE, "formula": "mine_production[subject=world] / mine_production"})
    at = [f"position:{before - 3}", f"position:{before}", f"position:{before + 1}"]
    found = answered(two_editions, *({**CHINA, "as_of": "2026", "recorded_as_of": one} for one in at))
    assert [row["value"] for row in found] == [None, "67.8191", "147.4510"]
    (row,) = answered(two_editions, {**CHINA, "as_of": "2026"}, recorded_as_of=f"position:{before}")
    assert row["value"] == "67.8191"


def test_a_metric_that_publishers_state_is_theirs_from_then_on(two_editions: Api) -> None:
    before = two_editions.head()
    two_editions.post(mined("world", "1", "2026-01-31", metric="world_share"))
    found = answered(
        two_editions,
        {**CHINA, "as_of": "2026-12-31"},
        {**CHINA, "as_of": "2026-12-31", "recorded_as_of": f"position:{before}"},
        {**CHINA, "subject": "world", "as_of": "2026-12-31"},
    )
    assert [(row["value"], row["reason"]) for row in found] == [
        (None, "nothing_known"),
        ("67.8191", None),
        ("1", None),
    ]


def test_words_that_fit_several_are_told_and_rows_keep_their_order(two_editions: Api) -> None:
    two_editions.post(
        mined("china", "1", "2024-01-31", period="2022"), mined("world", "2", "2024-01-31", period="2022")
    )
    found = answered(
        two_editions,
        {"subject": "china", "metric": "world_share", "as_of": "2026"},
        {"subject": "China", "metric": "mine_production", "period": "2023", "as_of": "2026"},
        {**CHINA, "metric": "twice", "as_of": "2026"},
        {**CHINA, "metric": "twice", "publisher": "bgs", "as_of": "2026"},
        {**CHINA, "subject": "nowhere", "as_of": "2026"},
        unit="kt",
    )
    assert [row["reason"] for row in found] == ["several_figures", None, None, "nothing_known", "nothing_known"]
    assert [row["value"] for row in found] == [None, "255", "510", None, None]


def test_parts_are_those_of_the_viewpoint_of_the_row(two_editions: Api) -> None:
    part = {"type": "RelationshipStated", "subject": "china", "relation": "part_of", "object": "asia"}
    two_editions.post(country("asia"), {**part, "published_at": "2024-06-30", "source": {"publisher": "usgs"}})
    asked = {"subject": "asia", "metric": "of_parts", "period": "2023"}
    days = ("2024-01-31", "2024-06-30", "2025-01-31")
    found = answered(two_editions, *({**asked, "as_of": day} for day in days))
    assert [row["value"] for row in found] == [None, "240000.0000", "255000.0000"]


@pytest.mark.parametrize(
    ("bound", "most", "metric"),
    [
        ("DERIVED_ROWS_MAX", 2, "twice"),
        ("DERIVED_POSITIONS_MAX", 2, "twice"),
        ("DERIVED_VIEWPOINTS_MAX", 2, "of_parts"),
    ],
)
def test_too_many_are_refused(
    two_editions: Api, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, metric: str
) -> None:
    head = two_editions.head()
    rows = [
        {**CHINA, "metric": metric, "as_of": f"202{5 + number}"}
        | ({"recorded_as_of": f"position:{head - number}"} if bound == "DERIVED_POSITIONS_MAX" else {})
        for number in range(most + 1)
    ]
    assert len(answered(two_editions, *rows)) == most + 1
    monkeypatch.setattr(derived_points, bound, most)
    answer = two_editions.client.post("/v1/asof", json=rows)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("questions-refused")
    assert answer.json()["errors"][0]["rule"] == "too_many"
    assert "several tables" in answer.json()["detail"]
