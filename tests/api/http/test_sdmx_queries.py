"""Figures asked as SDMX asks, on the shipped ledger: the same values as `/v1`, in every form of message."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.questions.sdmx.sdmx_components import AGENCY, DATAFLOWS
from ledger.values import parse_moment
from projections import Engine
from tests.api.helpers import Api, mined, organisation
from tests.api.sdmx_messages import Item, flows, item_of, rows_of_csv, rows_of_json

MOMENTS = ("2020-06-30", "2024-12-31", "2025-12-31", "2027-01-01")
CSV, JSON = "application/vnd.sdmx.data+csv;version=2.0.0", "application/vnd.sdmx.data+json;version=2.0.0"
AUSTRALIA = "A.australia.mine_production"


@pytest.fixture(scope="module")
def rare_earths(shipped: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(shipped)) as client:
        yield client


def data(client: TestClient, flow: str, key: str = "*", **params: Any) -> list[Item]:
    """The observations of a dataflow, read from SDMX-CSV."""
    answer = client.get(f"/sdmx/data/dataflow/{AGENCY}/{flow}/1.0.0/{key}", params=params, headers={"Accept": CSV})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == CSV
    return rows_of_csv(answer.text)


def figures(client: TestClient, **params: Any) -> list[Item]:
    answer = client.get("/v1/figures.jsonl", params=params)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def by_series(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item["figure_id"], item["publisher"]))


@pytest.mark.parametrize("of_publishers", [False, True])
@pytest.mark.parametrize("as_of", MOMENTS)
def test_data_have_the_values_of_figures_at_the_same_viewpoint(
    rare_earths: TestClient, as_of: str, of_publishers: bool
) -> None:
    expected = figures(rare_earths, as_of=as_of, resolve="all" if of_publishers else "latest")
    rows = [row for flow in flows(of_publishers=of_publishers) for row in data(rare_earths, flow, asOf=as_of)]
    assert by_series([item_of(row, expected[0]) for row in rows]) == by_series(expected)
    assert {row["ACTION"] for row in rows} == {"I"}


@pytest.mark.parametrize("flow", DATAFLOWS)
@pytest.mark.parametrize("flat", [False, True])
def test_json_says_what_csv_says(rare_earths: TestClient, flow: str, flat: bool) -> None:
    how = {"dimensionAtObservation": "AllDimensions"} if flat else {}
    answer = rare_earths.get(f"/sdmx/data/dataflow/{AGENCY}/{flow}", params={"asOf": "2025-12-31", **how})
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    expected = data(rare_earths, flow, asOf="2025-12-31")
    for row in expected:
        row |= {"ACTION": "Information", "validFrom": None, "validTo": None}
        del row["STRUCTURE"], row["STRUCTURE_ID"]
    found = [{name: text or "" for name, text in row.items()} for row in rows_of_json(answer.content)]
    wanted = [{name: text or "" for name, text in row.items()} for row in expected]
    assert sorted(found, key=lambda row: row["EVENT_ID"]) == sorted(wanted, key=lambda row: row["EVENT_ID"])


def test_codes_in_json_have_their_names(rare_earths: TestClient) -> None:
    structure = rare_earths.get(f"/sdmx/data/dataflow/{AGENCY}/FIGURES/*/{AUSTRALIA}").json()["data"]["structures"][0]
    named = {one["id"]: one["values"] for one in structure["dimensions"]["series"]}
    assert named["SUBJECT"] == [{"id": "australia", "name": "Australia"}]
    assert named["BREAKDOWN"] == [{"id": "basis@reo", "name": "basis: reo"}]
    assert named["FREQ"] == [{"id": "A", "name": "Annual"}]


def test_the_ledger_clock_is_a_parameter_of_our_own(rare_earths: TestClient, shipped: Engine) -> None:
    early = data(rare_earths, "FIGURES", asOf="2027-01-01", recordedAsOf="position:700")
    expected = figures(rare_earths, as_of="2027-01-01", recorded_as_of="position:700")
    assert {row["EVENT_ID"] for row in early} == {one["event_id"] for one in expected if one["period_start"]}
    assert len(early) < len(data(rare_earths, "FIGURES", asOf="2027-01-01"))


def test_a_history_is_that_of_every_figure(rare_earths: TestClient) -> None:
    """Each statement of `/v1/figures/ID/history` is there, with the time in which it was its publisher's last word."""
    as_of = "2026-01-31"
    rows = [
        row for flow in flows(of_publishers=True) for row in data(rare_earths, flow, asOf=as_of, includeHistory="true")
    ]
    by_figure: dict[str, list[Item]] = {}
    for row in rows:
        by_figure.setdefault(row["FIGURE_ID"], []).append(row)
    several = [one for one, said in by_figure.items() if len(said) > 1]
    assert len(several) > 30
    for figure_id in [*several, *list(by_figure)[:20]]:
        answer = rare_earths.get(f"/v1/figures/{figure_id}/history.jsonl", params={"as_of": as_of})
        history = [json.loads(line) for line in answer.text.splitlines()]
        shown = [name for name in history[0] if name not in ("revision", "previous_value", "change", "change_percent")]
        told = sorted(by_figure[figure_id], key=lambda row: (row["VALID_FROM"], int(row["POSITION"])))
        assert [{name: item_of(row, shown)[name] for name in shown} for row in told] == [
            {name: entry[name] for name in shown} for entry in history
        ]
        series: dict[str, list[Item]] = {}
        for row in told:
            assert row["VALID_FROM"] == parse_moment(row["PUBLISHED_AT"]).end.isoformat().replace("+00:00", "Z")
            series.setdefault(row["PUBLISHER"], []).append(row)
        for said in series.values():
            assert [row["VALID_TO"] for row in said] == [*(row["VALID_FROM"] for row in said[1:]), ""]


def test_a_history_in_json_has_a_data_set_for_each_publication(rare_earths: TestClient) -> None:
    answer = rare_earths.get(
        f"/sdmx/data/dataflow/{AGENCY}/STATEMENTS/*/{AUSTRALIA}",
        params={"asOf": "2026-12-31", "includeHistory": "true"},
    )
    data_sets = answer.json()["data"]["dataSets"]
    times = [one["validFrom"] for one in data_sets]
    assert times == sorted(set(times))
    assert {one["action"] for one in data_sets} == {"Replace"}
    rows = rows_of_json(answer.content)
    assert {row["validFrom"] for row in rows} == set(times)
    assert all(row["validFrom"] == row["VALID_FROM"] for row in rows)


def test_a_withdrawal_is_told_and_ends_what_was_said(api: Api) -> None:
    said = mined("china", "10", "2024-01-31")
    withdrawn = {name: said[name] for name in ("subject", "metric", "period", "unit", "source")}
    api.post(said, {"type": "FigureWithdrawn", **withdrawn, "published_at": "2024-06-30"})
    first, second = data(api.client, "STATEMENTS", includeHistory="true")
    assert (first["ACTION"], first["OBS_VALUE"], first["VALID_TO"][:10]) == ("R", "10", "2024-06-30")
    assert (second["ACTION"], second["OBS_VALUE"], second["CAUSE"]) == ("D", "", "withdrawal")
    assert data(api.client, "STATEMENTS") == data(api.client, "FIGURES") == []
    rows = rows_of_json(api.client.get("/sdmx/data/*/*/STATEMENTS?includeHistory=true").content)
    assert [(row["ACTION"], row["validFrom"] and row["validFrom"][:10], row["validTo"]) for row in rows] == [
        ("Replace", "2024-01-31", None),
        ("Delete", None, "2024-06-30T23:59:59.999999Z"),
    ]


def test_a_history_of_answers_has_each_answer_once(api: Api) -> None:
    """A publisher whose word is not the last makes no other answer, and one that takes its own back gives way."""
    of_news: dict[str, Any] = {"source": {"publisher": "bgs", "kind": "secondary"}}
    said = mined("china", "10", "2024-01-31")
    taken_back = {name: said[name] for name in ("subject", "metric", "period", "unit", "source")}
    api.post(
        said,
        mined("china", "11", "2024-02-29", **of_news),
        mined("china", "12", "2024-03-31"),
        {"type": "FigureWithdrawn", **taken_back, "published_at": "2024-04-30"},
        {"type": "FigureWithdrawn", **taken_back, **of_news, "published_at": "2024-05-31"},
        mined("china", "13", "2024-06-30"),
    )
    rows = data(api.client, "FIGURES", includeHistory="true")
    assert [(row["ACTION"], row["OBS_VALUE"], row["VALID_FROM"][:10], row["VALID_TO"][:10]) for row in rows] == [
        ("R", "10", "2024-01-31", "2024-03-31"),
        ("R", "12", "2024-03-31", "2024-04-30"),
        ("R", "11", "2024-04-30", "2024-05-31"),
        ("D", "", "2024-05-31", "2024-06-30"),
        ("R", "13", "2024-06-30", ""),
    ]


def test_what_a_publisher_said_twice_at_one_time_is_told_twice(api: Api) -> None:
    api.post(mined("china", "10", "2024-01-31"), mined("china", "11", "2024-01-31"))
    rows = data(api.client, "STATEMENTS", includeHistory="true")
    assert [(row["OBS_VALUE"], row["CAUSE"], row["VALID_TO"]) for row in rows] == [
        ("10", "first_report", rows[1]["VALID_FROM"]),
        ("11", "conflict", ""),
    ]
    answer = api.client.get("/sdmx/data/*/*/STATEMENTS", params={"includeHistory": "true"})
    assert [row["OBS_VALUE"] for row in rows_of_json(answer.content)] == ["10", "11"]


def test_only_what_became_another_answer_is_an_update(api: Api) -> None:
    (recorded, *_) = api.post(
        mined("china", "10", "2024-01-31"), mined("world", "20", "2024-01-31"), mined("australia", "5", "2024-01-31")
    )
    gone = {name: mined("world", "", "")[name] for name in ("subject", "metric", "period", "unit", "source")}
    api.post(mined("china", "12", "2025-01-31"), {"type": "FigureWithdrawn", **gone, "published_at": "2025-01-31"})
    rows = data(api.client, "FIGURES", updatedAfter=recorded["recorded_at"])
    assert [(row["ACTION"], row["SUBJECT"], row["OBS_VALUE"], row["EVENT_ID"] == "") for row in rows] == [
        ("R", "china", "12", False),
        ("D", "world", "", True),
    ]
    # Before 2024-07 nothing of it had been recorded here, so all of it is new.
    rows = data(api.client, "FIGURES", updatedAfter="2024-06-30")
    assert [(row["ACTION"], row["SUBJECT"], row["OBS_VALUE"]) for row in rows] == [
        ("R", "australia", "5"),
        ("R", "china", "12"),
    ]
    assert data(api.client, "FIGURES", "A.australia", updatedAfter=recorded["recorded_at"]) == []
    assert api.client.get("/sdmx/data/FIGURES?updatedAfter=2024-06-30&asOf=2024-01-31").status_code == 422


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("A.australia.mine_production", {("australia", "A")}),
        ("*.australia.mine_production.*.*.*.*", {("australia", "A")}),
        (".australia+malaysia.mine_production", {("australia", "A"), ("malaysia", "A")}),
        ("A.australia.mine_production,A.malaysia.mine_production", {("australia", "A"), ("malaysia", "A")}),
        ("A.australia.mine_production,*.australia", {("australia", "A")}),
        ("A.Burma.mine_production", {("myanmar", "A")}),
        ("A.Burma.mine_production,A.australia.mine_production", {("myanmar", "A"), ("australia", "A")}),
        ("M.australia.mine_production", set()),
        ("A.atlantis", set()),
        ("*.lynas-rare-earths.production.ndpr-oxide", {("lynas-rare-earths", one) for one in "AQS"}),
    ],
)
def test_a_key_selects_series(rare_earths: TestClient, key: str, expected: set[tuple[str, str]]) -> None:
    rows = data(rare_earths, "FIGURES", key, asOf="2026-06-30")
    assert {(row["SUBJECT"], row["FREQ"]) for row in rows if row["METRIC"] != "reserves"} == expected
    assert len({row["FIGURE_ID"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"c[SUBJECT]": "australia,malaysia"}, lambda row: row["SUBJECT"] in ("australia", "malaysia")),
        ({"c[SUBJECT]": "ne:australia"}, lambda row: row["SUBJECT"] != "australia"),
        ({"c[SUBJECT]": "sw:ma"}, lambda row: row["SUBJECT"].startswith("ma")),
        ({"c[MATERIAL]": "_Z"}, lambda row: row["MATERIAL"] == "_Z"),
        ({"c[BREAKDOWN]": "co:purity"}, lambda row: "purity" in row["BREAKDOWN"]),
        ({"c[OBS_VALUE]": "ge:1000+lt:20000"}, lambda row: row["OBS_VALUE"] and 1000 <= float(row["OBS_VALUE"]) < 2e4),
        ({"c[OBS_STATUS]": "E"}, lambda row: row["OBS_STATUS"] == "E"),
        ({"c[PUBLISHER]": "mp-materials"}, lambda row: row["PUBLISHER"] == "mp-materials"),
        ({"c[DISPUTED]": "true"}, lambda row: row["DISPUTED"] == "true"),
        ({"c[TIME_PERIOD]": "2023,2024"}, lambda row: row["TIME_PERIOD"] in ("2023", "2024")),
        ({"c[TIME_PERIOD]": "ge:2023+le:2024"}, lambda row: "2023" <= row["TIME_PERIOD"][:4] <= "2024"),
        ({"startPeriod": "2025"}, lambda row: row["TIME_PERIOD"][:4] >= "2025"),
        ({"endPeriod": "2019"}, lambda row: row["TIME_PERIOD"][:4] <= "2019"),
    ],
)
def test_filters_by_component(rare_earths: TestClient, filters: dict[str, str], kept: Any) -> None:
    every = data(rare_earths, "FIGURES", asOf="2026-06-30")
    if any("TIME" in name or "Period" in name for name in filters):
        every = [row for row in every if "/" not in row["TIME_PERIOD"]]
    found = [row for row in data(rare_earths, "FIGURES", asOf="2026-06-30", **filters) if row in every]
    assert found == [row for row in every if kept(row)] != []


def test_a_plus_in_a_query_may_be_a_space(rare_earths: TestClient) -> None:
    path = f"/sdmx/data/dataflow/{AGENCY}/FIGURES/1.0.0/{AUSTRALIA}?asOf=2026-06-30&format=sdmx-csv"
    plain = rare_earths.get(f"{path}&c[TIME_PERIOD]=ge:2020+le:2021")
    assert plain.text == rare_earths.get(f"{path}&c%5BTIME_PERIOD%5D=ge:2020%2Ble:2021").text
    assert [row["TIME_PERIOD"] for row in rows_of_csv(plain.text)] == ["2020", "2021"]


def test_the_first_and_last_of_each_series(rare_earths: TestClient) -> None:
    every = data(rare_earths, "FIGURES", AUSTRALIA, asOf="2026-06-30")
    assert data(rare_earths, "FIGURES", AUSTRALIA, asOf="2026-06-30", firstNObservations=2) == every[:2]
    assert data(rare_earths, "FIGURES", AUSTRALIA, asOf="2026-06-30", lastNObservations=1) == every[-1:]
    both = {"firstNObservations": 1, "lastNObservations": 1}
    assert data(rare_earths, "FIGURES", AUSTRALIA, asOf="2026-06-30", **both) == [every[0], every[-1]]
    latest = data(rare_earths, "FIGURES", asOf="2026-06-30", lastNObservations=1)
    keys = [tuple(row[one.id] for one in DATAFLOWS["FIGURES"].series_dimensions) for row in latest]
    assert len(set(keys)) == len(keys) > 100


def test_a_part_of_all_observations(rare_earths: TestClient) -> None:
    every = data(rare_earths, "FIGURES", asOf="2026-06-30")
    parts = [data(rare_earths, "FIGURES", asOf="2026-06-30", offset=at, limit=100) for at in range(0, len(every), 100)]
    assert [row for part in parts for row in part] == every


def test_attributes_and_measures_are_chosen(rare_earths: TestClient) -> None:
    (row, *_) = data(rare_earths, "FIGURES", AUSTRALIA, attributes="UNIT,OBS_STATUS")
    assert list(row)[-3:] == ["OBS_VALUE", "OBS_STATUS", "UNIT"]
    (row, *_) = data(rare_earths, "FIGURES", AUSTRALIA, attributes="none", measures="none")
    assert list(row)[-1] == "TIME_PERIOD"
    (row, *_) = data(rare_earths, "FIGURES", AUSTRALIA, detail="dataonly")
    assert list(row)[-1] == "OBS_VALUE"


def test_observations_without_a_number_say_why(rare_earths: TestClient) -> None:
    rows = data(rare_earths, "FIGURES", asOf="2026-06-30")
    symbols = {(row["SYMBOL"], row["OBS_STATUS"], row["OBS_VALUE"]) for row in rows if row["SYMBOL"]}
    assert symbols == {("not_available", "O", ""), ("undisclosed", "Q", "")}
    assert any(row["OBS_LOW"] and not row["OBS_VALUE"] for row in rows)
    assert {row["OBS_STATUS"] for row in rows if row["NATURE"] == "forecast"} == {"F"}


@pytest.mark.parametrize(
    ("accept", "older", "newer"),
    [
        (None, "genericdata+xml;version=2.1", "data+json;version=2.0.0"),
        ("*/*", "genericdata+xml;version=2.1", "data+json;version=2.0.0"),
        ("text/csv", "data+csv;version=2.0.0", "data+csv;version=2.0.0"),
        ("application/vnd.sdmx.data+csv", "data+csv;version=2.0.0", "data+csv;version=2.0.0"),
        ("application/vnd.sdmx.data+csv; version=1.0.0", "data+csv;version=1.0.0", "data+csv;version=1.0.0"),
        ("application/xml;q=0.5, application/json;q=0.4", "genericdata+xml;version=2.1", "genericdata+xml;version=2.1"),
        (
            "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
            "structurespecificdata+xml;version=2.1",
            "structurespecificdata+xml;version=2.1",
        ),
    ],
)
def test_the_format_is_what_is_accepted(rare_earths: TestClient, accept: str | None, older: str, newer: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    for path, expected in ((f"FIGURES/{AUSTRALIA}", older), (f"dataflow/{AGENCY}/FIGURES/*/{AUSTRALIA}", newer)):
        answer = rare_earths.get(f"/sdmx/data/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == f"application/vnd.sdmx.{expected}"


def test_the_older_csv_has_no_actions(rare_earths: TestClient) -> None:
    answer = rare_earths.get(f"/sdmx/data/FIGURES/{AUSTRALIA}", params={"format": "sdmx-csv-1.0"})
    assert answer.text.startswith("DATAFLOW,FREQ,SUBJECT,")
    assert {row["DATAFLOW"] for row in rows_of_csv(answer.text)} == {"SUPPLY_LEDGER:FIGURES(1.0.0)"}


def test_an_answer_from_the_past_is_final_and_has_its_basis(rare_earths: TestClient) -> None:
    params = {"asOf": "2025-12-31", "recordedAsOf": "position:1000"}
    answer = rare_earths.get(f"/sdmx/data/FIGURES/{AUSTRALIA}", params=params)
    assert "immutable" in answer.headers["cache-control"]
    basis = json.loads(answer.headers["ledger-basis"])
    assert (basis["as_of"], basis["position"]) == ("2025-12-31T23:59:59.999999Z", 1000)
    again = rare_earths.get(
        f"/sdmx/data/FIGURES/{AUSTRALIA}", params=params, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    head = rare_earths.head(f"/sdmx/data/FIGURES/{AUSTRALIA}", params=params)
    assert (head.headers["etag"], head.content) == (answer.headers["etag"], b"")
    now = rare_earths.get(f"/sdmx/data/FIGURES/{AUSTRALIA}")
    assert now.headers["cache-control"] == "no-cache"
    assert rare_earths.get(f"/sdmx/data/FIGURES/{AUSTRALIA}").headers["etag"] == now.headers["etag"]


def test_names_are_told_in_a_header(rare_earths: TestClient) -> None:
    answer = rare_earths.get("/sdmx/data/FIGURES/A.Burma+chnia.mine_production")
    names = json.loads(answer.headers["ledger-names"])
    assert names["resolved"] == [{"parameter": "subject", "value": "Burma", "taken_for": "myanmar"}]
    assert names["hints"][0]["meant"][0] == "china"


def test_the_structure_has_the_codes_of_the_viewpoint(rare_earths: TestClient) -> None:
    def codes(**params: str) -> list[str]:
        answer = rare_earths.get(f"/sdmx/structure/codelist/{AGENCY}/CL_SUBJECT", params=params)
        (codelist,) = answer.json()["data"]["codelists"]
        return [one["id"] for one in codelist["codes"]]

    assert set(codes(asOf="2019-12-31")) < set(codes())
    assert set(codes()) == {
        row["SUBJECT"] for flow in DATAFLOWS for row in data(rare_earths, flow, includeHistory="false")
    }


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("dataflow", {}, {"dataflows": 4}),
        ("dataflow/*/FIGURES", {"references": "children"}, {"dataflows": 1, "dataStructures": 1}),
        (
            f"dataflow/{AGENCY}/FIGURES/1.0.0",
            {"references": "descendants"},
            {"dataflows": 1, "dataStructures": 1, "conceptSchemes": 1, "codelists": 11},
        ),
        ("datastructure/*/DSD_FIGURES/+", {"references": "parents"}, {"dataStructures": 1, "dataflows": 1}),
        ("codelist/*/CL_FREQ", {"references": "ancestors"}, {"codelists": 1, "dataStructures": 2, "dataflows": 2}),
        ("codelist/*/CL_FREQ/~", {"references": "dataflow"}, {"codelists": 1, "dataflows": 2}),
        ("codelist/*/CL_FREQ,CL_NATURE", {}, {"codelists": 2}),
        ("*", {"detail": "allstubs"}, {"dataflows": 4, "dataStructures": 4, "conceptSchemes": 1, "codelists": 11}),
    ],
)
def test_structures_and_their_references(
    rare_earths: TestClient, path: str, params: dict[str, str], expected: dict[str, int]
) -> None:
    answer = rare_earths.get(f"/sdmx/structure/{path}", params=params)
    assert answer.status_code == 200, answer.text
    assert {name: len(some) for name, some in answer.json()["data"].items()} == expected


def test_one_item_of_a_codelist(rare_earths: TestClient) -> None:
    (codelist,) = rare_earths.get(f"/sdmx/structure/codelist/{AGENCY}/CL_FREQ/*/A,Q").json()["data"]["codelists"]
    assert codelist["isPartial"]
    assert [one["name"] for one in codelist["codes"]] == ["Annual", "Quarterly"]


@pytest.mark.parametrize("flow", DATAFLOWS)
def test_availability_is_what_the_data_have(rare_earths: TestClient, flow: str) -> None:
    params = {"asOf": "2025-12-31", "references": "codelist"}
    body = rare_earths.get(f"/sdmx/availability/dataflow/{AGENCY}/{flow}/*/*", params=params).json()["data"]
    (constraint,) = body["dataConstraints"]
    rows = data(rare_earths, flow, asOf="2025-12-31")
    names = [one.id for one in DATAFLOWS[flow].series_dimensions]
    regions = {one["id"]: one for one in constraint["cubeRegions"][0]["keyValues"]}
    for name in names:
        assert [one["value"] for one in regions[name]["values"]] == sorted({row[name] for row in rows})
    counts = {one["id"]: int(one["title"]) for one in constraint["annotations"]}
    series = {tuple(row[name] for name in names) for row in rows}
    assert counts == {"series_count": len(series), "obs_count": len(rows)}
    lists = {one["id"]: [code["id"] for code in one["codes"]] for one in body["codelists"]}
    assert lists["CL_SUBJECT"] == sorted({row["SUBJECT"] for row in rows})
    if DATAFLOWS[flow].dated:
        assert regions["TIME_PERIOD"]["timeRange"]["startPeriod"]["period"] == "2008-01-01"


def test_availability_of_one_dimension(rare_earths: TestClient) -> None:
    path = f"/sdmx/availability/dataflow/{AGENCY}/FIGURES/*/A.*.mine_production/SUBJECT"
    answer = rare_earths.get(path, params={"c[TIME_PERIOD]": "ge:2023+le:2023", "asOf": "2025-12-31"})
    (constraint,) = answer.json()["data"]["dataConstraints"]
    subjects, time = constraint["cubeRegions"][0]["keyValues"]
    rows = data(rare_earths, "FIGURES", "A.*.mine_production", asOf="2025-12-31", startPeriod="2023", endPeriod="2023")
    assert {one["value"] for one in subjects["values"]} == {row["SUBJECT"] for row in rows}
    assert time["timeRange"]["endPeriod"] == {"period": "2023-12-31", "isInclusive": True}
    nothing = rare_earths.get(f"/sdmx/availability/dataflow/{AGENCY}/FIGURES/*/A.atlantis").json()["data"]
    assert [one["title"] for one in nothing["dataConstraints"][0]["annotations"]] == ["0", "0"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("data/NOTHING", 404, "not-found"),
        ("data/dataflow/ECB/FIGURES", 404, "not-found"),
        ("data/dataflow/SUPPLY_LEDGER/FIGURES/2.0.0", 404, "not-found"),
        ("data/FIGURES/all/ECB", 404, "not-found"),
        ("data/A,B,C,D", 404, "not-found"),
        ("data/dataflow/*/FIGURES/*/*/*/*/*/*", 404, "not-found"),
        ("data/dataflow", 501, "not-offered"),
        ("data/provisionagreement/*/X", 501, "not-offered"),
        ("data/FIGURES?sort=SUBJECT", 501, "not-offered"),
        ("data/STATEMENTS?updatedAfter=2024", 501, "not-offered"),
        ("data/STATEMENTS?updatedAfter=2024&includeHistory=true", 501, "not-offered"),
        ("data/FIGURES?updatedAfter=2024&format=sdmx-csv-1.0", 501, "not-offered"),
        ("data/FIGURES?dimensionAtObservation=SUBJECT", 501, "not-offered"),
        ("data/FIGURES?detail=serieskeysonly", 501, "not-offered"),
        ("data/FIGURES?dimensionAtObservation=X", 422, "bad-parameter"),
        ("data/FIGURES_UNDATED?dimensionAtObservation=TIME_PERIOD", 422, "bad-parameter"),
        ("data/FIGURES_UNDATED?startPeriod=2024", 422, "bad-parameter"),
        ("data/FIGURES_UNDATED?c[TIME_PERIOD]=2024", 422, "bad-parameter"),
        ("data/FIGURES/1.2.3.4.5.6.7.8", 422, "bad-parameter"),
        ("data/FIGURES/" + ",".join(["A.x"] * 101), 422, "bad-parameter"),
        ("data/FIGURES/A." + "+".join(["x"] * 1001), 422, "bad-parameter"),
        ("data/FIGURES/A.%00", 422, "bad-parameter"),
        ("data/FIGURES?c[SUBJECT]=a%00", 422, "bad-parameter"),
        ("data/FIGURES?c[SUBJECT]=a%ff", 422, "bad-parameter"),
        ("data/%ff", 404, "not-found"),
        ("structure/a%2fb", 404, "not-found"),
        ("data/FIGURES?asOf=yesterday", 422, "bad-parameter"),
        ("data/FIGURES?recordedAsOf=position:99999", 422, "bad-parameter"),
        ("data/FIGURES?as_of=2024", 422, "bad-parameter"),
        ("data/FIGURES?updatedAfter=x", 422, "bad-parameter"),
        ("data/FIGURES?c[NOTHING]=1", 422, "bad-parameter"),
        ("data/FIGURES?c[=1", 422, "bad-parameter"),
        ("data/FIGURES?c[SUBJECT]=eq:", 422, "bad-parameter"),
        ("data/FIGURES?c[OBS_VALUE]=ge:many", 422, "bad-parameter"),
        ("data/FIGURES?c[OBS_VALUE]=NaN", 422, "bad-parameter"),
        ("data/FIGURES?c[TIME_PERIOD]=ge:2024-13", 422, "bad-parameter"),
        ("data/FIGURES?c[SUBJECT]=" + ",".join(["x"] * 1001), 422, "bad-parameter"),
        ("data/FIGURES?limit=0", 422, "bad-parameter"),
        ("data/FIGURES?lastNObservations=-1", 422, "bad-parameter"),
        ("data/FIGURES?attributes=NOTHING", 422, "bad-parameter"),
        ("data/FIGURES?measures=NOTHING", 422, "bad-parameter"),
        ("data/FIGURES?includeHistory=yes", 422, "bad-parameter"),
        ("data/FIGURES?format=xlsx", 422, "bad-parameter"),
        ("availability/FIGURES?mode=available", 501, "not-offered"),
        ("availability/FIGURES?updatedAfter=2024", 501, "not-offered"),
        ("availability/FIGURES?references=everything", 422, "bad-parameter"),
        ("availability/dataflow/*/FIGURES/*/*/NOTHING", 404, "not-found"),
        ("structure/categoryscheme", 501, "not-offered"),
        ("structure/dataflow/ECB", 404, "not-found"),
        ("structure/dataflow/*/NOTHING", 404, "not-found"),
        ("structure/codelist/*/CL_FREQ/*/NOTHING", 404, "not-found"),
        ("structure/dataflow/*/FIGURES/*/A", 404, "not-found"),
        ("structure/dataflow?references=everything", 422, "bad-parameter"),
        ("structure/dataflow?detail=some", 422, "bad-parameter"),
        ("structure//", 404, "not-found"),
        ("codelist/all/CL_FREQ/latest/A/B", 404, "not-found"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(
    rare_earths: TestClient, path: str, status: int, kind: str
) -> None:
    answer = rare_earths.get(f"/sdmx/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["type"].endswith(kind)
    assert len(answer.json()["detail"]) > 10


def test_texts_of_sources_stay_within_their_cells(api: Api) -> None:
    """Whatever a note or a name holds, each form of message is one, and says it as it was."""
    evil = "<&>\"'\x01\r\n]]> ,;\ud7ff\U0001f600"
    api.post(
        organisation("evil", name=f"Evil {evil}".replace("\x01", "")),
        mined(
            "china", "1", "2024-01-31", publisher="evil", note=evil.replace("\x01", ""), dimensions={"a": "x,@$/\u00e9"}
        ),
    )
    params = {"includeHistory": "true"}
    (row,) = data(api.client, "STATEMENTS", **params)
    assert row["NOTE"] == evil.replace("\x01", "")
    (other,) = rows_of_json(api.client.get("/sdmx/data/*/*/STATEMENTS", params=params).content)
    assert other["NOTE"] == row["NOTE"]
    assert item_of(row, ())["dimensions"] == {"a": "x,@$/\u00e9"}
    for form in ("sdmx-ml", "sdmx-ml-specific"):
        tree = ElementTree.fromstring(
            api.client.get("/sdmx/data/STATEMENTS", params={**params, "format": form}).content
        )
        texts = {value for one in tree.iter() for value in one.attrib.values()}
        assert row["NOTE"] in texts
    (selected,) = data(api.client, "STATEMENTS", f"*.*.*.*.{row['BREAKDOWN']}".replace("%", "%25"))
    assert selected["EVENT_ID"] == row["EVENT_ID"]
    names = ElementTree.fromstring(api.client.get("/sdmx/codelist/all/CL_PUBLISHER").content)
    assert f"Evil {evil}".replace("\x01", "").replace("\r\n", "\n") in {
        one.text.replace("\r\n", "\n") for one in names.iter() if one.text
    }
