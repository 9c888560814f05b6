"""Reading: viewpoints, pages, formats, and for how long an answer may be kept."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.helpers import BASICS, Api, country, mined, opened, organisation

PLACES = [f"place-{number:02}" for number in range(25)]
FIXED = {"as_of": "2025-01-01", "recorded_as_of": "position:56"}


def with_places(api: Api) -> Api:
    """25 places with a figure each; the head is 56."""
    api.post(*map(country, PLACES))
    api.post(*(mined(place, str(number), "2024-01-31") for number, place in enumerate(PLACES)))
    assert api.head() == 56
    return api


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A ledger of places that is only read."""
    with opened(tmp_path_factory.mktemp("shelf") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine, answers_bytes_max=0)))
        api.post(*BASICS)
        yield with_places(api)


@pytest.fixture
def places(api: Api) -> Api:
    """A ledger of places that may be written to."""
    return with_places(api)


def pages(api: Api, path: str, **parameters: Any) -> list[dict[str, Any]]:
    found = [api.get(path, **parameters)]
    while found[-1]["next"] is not None:
        found.append(api.get(path, cursor=found[-1]["next"], **parameters))
    return found


def test_pages_hold_every_item_once_and_in_order(shelf: Api) -> None:
    found = pages(shelf, "figures", limit=10)
    assert [len(page["items"]) for page in found] == [10, 10, 5]
    together = [item for page in found for item in page["items"]]
    assert together == shelf.items("figures", limit=1000)
    assert [item["subject"] for item in together] == PLACES


def test_pages_answer_from_one_viewpoint_though_the_log_grows(places: Api) -> None:
    first = places.get("figures", limit=10)
    places.post(country("another-place"), mined("another-place", "1", "2024"), mined("place-24", "7", "2024-06-01"))
    second = places.get("figures", limit=10, cursor=first["next"])
    third = places.get("figures", limit=10, cursor=second["next"])
    assert first["basis"] == second["basis"] == third["basis"]
    assert [item["subject"] for page in (first, second, third) for item in page["items"]] == PLACES
    assert third["items"][-1]["value"] == "24"
    assert third["next"] is None


def test_a_page_that_ends_with_the_items_has_no_next(shelf: Api) -> None:
    assert shelf.get("figures", limit=25)["next"] is None
    assert shelf.get("figures", limit=24)["next"] is not None


def test_the_log_is_paged_by_position(places: Api) -> None:
    found = pages(places, "events", limit=20, type="ProductionReported")
    assert [item["position"] for page in found for item in page["items"]] == list(range(32, 57))
    places.post(country("another-place"))
    assert [item["position"] for item in places.items("events", after=56)] == [57]


@pytest.mark.parametrize("other", [{"subject": "place-01"}, {"as_of": "2024"}, {"disputed": "true"}])
def test_a_cursor_of_another_question_is_refused(shelf: Api, other: dict[str, str]) -> None:
    cursor = shelf.get("figures", limit=10)["next"]
    response = shelf.client.get("/v1/figures", params={"limit": 10, "cursor": cursor, **other})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "cursor"


def test_a_cursor_of_another_resource_is_refused(shelf: Api) -> None:
    cursor = shelf.get("figures", limit=10)["next"]
    assert shelf.client.get("/v1/entities", params={"cursor": cursor}).status_code == 422


def test_an_answer_is_the_same_at_its_basis_for_ever(places: Api) -> None:
    first = places.client.get("/v1/figures", params={"limit": 7})
    basis = first.json()["basis"]
    places.post(mined("place-03", "99", "2024-02-01"))
    stated = {name: basis[name] for name in ("as_of", "recorded_as_of", "effective_at")}
    again = places.client.get("/v1/figures", params={"limit": 7, **stated})
    assert json.dumps(again.json()["items"]) == json.dumps(first.json()["items"])
    assert items_text(again.text) == items_text(first.text)


def items_text(body: str) -> str:
    return body.partition('"items":')[2].partition(',"next":')[0]


def test_position_zero_is_empty(shelf: Api) -> None:
    body = shelf.get("figures", recorded_as_of="position:0")
    assert (body["items"], body["basis"]["position"], body["basis"]["recorded_at"]) == ([], 0, None)


def test_an_answer_wholly_in_the_past_may_be_kept_for_ever(shelf: Api) -> None:
    headers = shelf.client.get("/v1/figures", params=FIXED).headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"as_of": "2025-01-01"},
        {"recorded_as_of": "position:56"},
        {"as_of": "2999", "recorded_as_of": "position:56"},
        {"as_of": "2025-01-01", "recorded_as_of": "2999"},
    ],
)
def test_an_answer_that_may_change_is_asked_for_again(shelf: Api, parameters: dict[str, str]) -> None:
    assert shelf.client.get("/v1/figures", params=parameters).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("parameters", [{}, FIXED, {"format": "csv"}, {"format": "parquet", **FIXED}])
@pytest.mark.parametrize("path", ["/v1/figures", "/v1/events", "/v1/entities", "/v1/event-types"])
def test_what_the_client_has_already_is_not_sent_again(shelf: Api, path: str, parameters: dict[str, str]) -> None:
    if path == "/v1/event-types":
        parameters = {name: value for name, value in parameters.items() if name == "format"}
    first = shelf.client.get(path, params=parameters)
    again = shelf.client.get(path, params=parameters, headers={"If-None-Match": f'"x", {first.headers["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_what_changed_is_sent_again(places: Api) -> None:
    etag = places.client.get("/v1/figures").headers["ETag"]
    places.post(mined("place-03", "99", "2024-02-01"))
    assert places.client.get("/v1/figures", headers={"If-None-Match": etag}).status_code == 200


def test_formats_have_different_tags(shelf: Api) -> None:
    tags = [
        shelf.client.get("/v1/figures", params={**FIXED, "format": form}).headers["ETag"] for form in ("json", "csv")
    ]
    assert tags[0] != tags[1]


def test_json_lines_hold_the_same_items(shelf: Api) -> None:
    lines = shelf.client.get("/v1/figures", params={"format": "jsonl"}).text.splitlines()
    assert [json.loads(line) for line in lines] == shelf.items("figures")


def test_csv_holds_the_same_items(places: Api) -> None:
    places.post(mined("place-00", "5", "2024", dimensions={"basis": "reo", "note": 'a "b", c\r\nd'}, note="=1+1"))
    response = places.client.get("/v1/figures", params={"format": "csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    items = places.items("figures")
    assert [row["figure_id"] for row in rows] == [item["figure_id"] for item in items]
    with_dimensions = [row for row in rows if row["dimensions"]]
    assert [json.loads(row["dimensions"]) for row in with_dimensions] == [{"basis": "reo", "note": 'a "b", c\r\nd'}]


def test_csv_of_the_log_keeps_texts_as_they_are(api: Api) -> None:
    api.post(organisation("formula", name="=SUM(A1)"))
    rows = list(csv.DictReader(io.StringIO(api.client.get("/v1/events?format=csv").text, newline="")))
    assert rows[-1]["name"] == "=SUM(A1)"
    assert json.loads(api.client.get("/v1/events?format=jsonl").text.splitlines()[-1])["name"] == "=SUM(A1)"


@pytest.mark.parametrize("path", ["figures", "events", "entities", "event-types"])
def test_parquet_and_arrow_hold_as_many_items(shelf: Api, path: str) -> None:
    count = len(shelf.items(path))
    parquet = pq.read_table(io.BytesIO(shelf.client.get(f"/v1/{path}?format=parquet").content))
    arrow = pa.ipc.open_stream(shelf.client.get(f"/v1/{path}?format=arrow").content).read_all()
    assert parquet.num_rows == arrow.num_rows == count
    assert parquet.column_names == arrow.column_names


def test_beside_other_formats_the_basis_and_the_next_page_are_headers(shelf: Api) -> None:
    response = shelf.client.get("/v1/figures", params={"format": "csv", "limit": 10, "metric": "mine_production"})
    assert json.loads(response.headers["Ledger-Basis"])["position"] == 56
    link = response.headers["Link"]
    assert link.partition(", ")[0].endswith('; rel="next"')
    following = shelf.client.get(link[1 : link.index(">")])
    assert len(list(csv.DictReader(io.StringIO(following.text)))) == 10


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("application/jsonl", "application/x-ndjson"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream"),
    ],
)
def test_the_accept_header_chooses_the_format(shelf: Api, accept: str, media_type: str) -> None:
    response = shelf.client.get("/v1/figures", headers={"Accept": accept})
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert response.headers["Vary"] == "Accept, Accept-Datetime"


def test_format_outranks_the_accept_header(shelf: Api) -> None:
    response = shelf.client.get("/v1/figures?format=json", headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "application/json"


def test_the_log_is_read_by_what_its_events_say(api: Api) -> None:
    source = {"publisher": "usgs", "reference": "USGS-W-001"}
    (figure, _) = api.post(mined("china", "1", "2024", source=source), mined("china", "2", "2024", publisher="bgs"))
    assert [item["position"] for item in api.items("events", type="EntityRegistered")] == [1, 2, 3, 4, 5, 6]
    assert [item["value"] for item in api.items("events", publisher="bgs")] == ["2"]
    assert [item["value"] for item in api.items("events", reference="USGS-W-001")] == ["1"]
    assert [item["value"] for item in api.items("events", figure_id=figure["figure_id"])] == ["1", "2"]
    assert [item["position"] for item in api.items("events", entity="china")] == [6, 7, 8]
    assert api.items("events", reference="USGS") == []


def test_the_log_is_cut_by_publication_only_where_that_is_asked_for(api: Api) -> None:
    api.post(mined("china", "1", "2024-01-31"), mined("china", "2", "2999"))
    assert [item["value"] for item in api.items("events", after=6)] == ["1", "2"]
    assert [item["value"] for item in api.items("events", after=6, as_of="2024-01-31")] == ["1"]
    assert api.items("events", after=6, as_of="2024-01-30") == []
    assert [item["value"] for item in api.items("events", after=6, recorded_as_of="position:7")] == ["1"]


def test_an_event_is_shown_as_recorded_with_what_became_of_it(api: Api) -> None:
    (item,) = api.post(mined("china", "113000", "2024-01-31"))
    target = {"target": item["event_id"], "reason": "transcription", "explanation": "A footnote mark."}
    api.post({"type": "EventCorrected", "changes": {"value": "13000"}, **target})
    event = api.only(f"events/{item['event_id']}")
    assert (event["value"], event["content"]["value"], event["position"]) == ("113000", "13000", 7)
    assert [(act["type"], act["position"]) for act in event["acts"]] == [("EventCorrected", 8)]
    before = api.only(f"events/{item['event_id']}", recorded_as_of="position:7")
    assert (before["content"]["value"], before["acts"]) == ("113000", [])
    api.post({"type": "EventRetracted", **target})
    retracted = api.only(f"events/{item['event_id']}")
    assert retracted["content"] is None
    assert [act["type"] for act in retracted["acts"]] == ["EventCorrected", "EventRetracted"]


def test_an_event_comes_in_every_format(api: Api) -> None:
    (item,) = api.post(mined("china", "12.50", "2024-01-31"))
    path, said = f"/v1/events/{item['event_id']}", api.only(f"events/{item['event_id']}")
    assert said["value"] == "12.50"
    (row,) = csv.DictReader(io.StringIO(api.client.get(f"{path}.csv?safe=true").text, newline=""))
    assert (row["event_id"], row["value"], json.loads(row["content"])) == (
        said["event_id"],
        "12.50",
        said["content"],
    )
    assert json.loads(api.client.get(path, headers={"Accept": "application/x-ndjson"}).text) == said
    parquet = pq.read_table(io.BytesIO(api.client.get(f"{path}.parquet").content))
    arrow = pa.ipc.open_stream(api.client.get(f"{path}?format=arrow").content).read_all()
    assert (parquet.to_pylist(), parquet["value"].to_pylist()) == (arrow.to_pylist(), ["12.50"])
    assert api.client.get(f"{path}.xlsx").content.startswith(b"PK")
    assert api.client.get(f"{path}?limit=1").json()["next"] is None
    for wrong in ("limit=0", "cursor=x", "format=xml", "safe=true", "sort=period"):
        assert api.client.get(f"{path}?{wrong}").status_code == 422


def test_an_event_is_unknown_before_it_was_recorded_or_published(api: Api) -> None:
    (item,) = api.post(mined("china", "1", "2024-01-31"))
    path = f"/v1/events/{item['event_id']}"
    assert api.client.get(path).status_code == 200
    assert api.client.get(path, params={"recorded_as_of": "position:6"}).status_code == 404
    assert api.client.get(path, params={"as_of": "2024-01-30"}).status_code == 404
    assert api.client.get(path, params={"as_of": "2024-01-31"}).status_code == 200


def test_a_thing_is_shown_with_its_events(api: Api) -> None:
    policy = {"policy": "ban", "jurisdiction": "china", "kind": "export_ban"}
    api.post(
        {"type": "PolicyEnacted", "published_at": "2024-01-01", **policy},
        {"type": "PolicyRepealed", "policy": "ban", "effective_from": "2025-01-01", "published_at": "2025-01-01"},
    )
    body = api.get("policies/ban", as_of="2024-06-30")
    assert [item["status"] for item in body["items"]] == ["in_force"]
    assert [event["type"] for event in body["events"]] == ["PolicyEnacted"]
    now = api.get("policies/ban")
    assert [item["status"] for item in now["items"]] == ["repealed"]
    assert [event["type"] for event in now["events"]] == ["PolicyEnacted", "PolicyRepealed"]
    assert api.client.get("/v1/policies/ban?as_of=2023").status_code == 404


def test_a_registered_entity_without_statements_is_no_unknown_one(api: Api) -> None:
    body = api.get("statements/china")
    assert (body["items"], body["events"]) == ([], [])
    assert api.client.get("/v1/statements/atlantis").status_code == 404


def test_a_merged_slug_answers_with_the_kept_one(api: Api) -> None:
    api.post(organisation("lynas-corporation"), mined("australia", "1", "2024", publisher="lynas-corporation"))
    api.post({"type": "EntitiesMerged", "kept": "lynas", "merged": "lynas-corporation", "reason": "renamed"})
    assert api.only("entities/lynas-corporation")["entity"] == "lynas"
    assert api.only("figures", publisher="lynas-corporation")["publisher"] == "lynas"


def test_dimensions_are_objects_and_select(api: Api) -> None:
    api.post(mined("china", "1", "2024", dimensions={"basis": "reo"}), mined("china", "2", "2024"))
    assert api.only("figures", **{"dimension.basis": "reo"})["dimensions"] == {"basis": "reo"}
    assert [item["dimensions"] for item in api.items("figures")] == [None, {"basis": "reo"}]
    assert api.items("figures", **{"dimension.basis": "ree"}) == []


def test_every_publisher_answers_where_all_are_asked_for(api: Api) -> None:
    api.post(mined("world", "1", "2024-01-01"), mined("world", "2", "2024-02-01", publisher="bgs"))
    assert [item["publisher"] for item in api.items("figures", resolve="all")] == ["bgs", "usgs"]
    assert api.only("figures", prefer="usgs,bgs")["publisher"] == "usgs"
    assert api.only("figures")["publisher"] == "bgs"
    assert api.only("figures", disputed="true")["disputed"] is True


def test_the_history_of_a_figure_that_no_one_knew_yet_is_empty(api: Api) -> None:
    (item,) = api.post(mined("china", "1", "2024-01-31"))
    path = f"figures/{item['figure_id']}/history"
    assert api.items(path, as_of="2023") == []
    assert [entry["cause"] for entry in api.items(path)] == ["first_report"]
    assert api.client.get(f"/v1/{path}?recorded_as_of=position:6").status_code == 404
    assert api.client.get(f"/v1/{path}?clock=wall").status_code == 422


def test_a_number_in_an_answer_is_a_string(api: Api) -> None:
    api.post(mined("china", "2.080", "2024", unit="kt"))
    item = api.only("figures")
    assert (item["value"], item["unit"], item["canonical_value"], item["canonical_unit"]) == (
        "2.080",
        "kt",
        "2080",
        "t",
    )


def test_an_event_chosen_by_the_client_is_found_by_its_id(api: Api) -> None:
    event_id = str(uuid4())
    api.post({**mined("china", "1", "2024"), "event_id": event_id})
    assert api.only(f"events/{event_id.upper()}")["event_id"] == event_id


def test_head_says_what_get_would_without_the_body(shelf: Api) -> None:
    get, head = (shelf.client.request(method, "/v1/figures", params=FIXED) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers
    assert shelf.client.head("/v1/nothing").status_code == 404
