"""A program that speaks SDMX and knows nothing of this ledger reads it: `sdmx1`, over a server on loopback."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sdmx
from sdmx.model import common
from sdmx.source import add_source, sources
from starlette.testclient import TestClient

from api.app import create_app
from api.questions.sdmx import sdmx_periods
from api.questions.sdmx.sdmx_components import AGENCY, DATAFLOWS
from projections import Engine
from tests.api.formats.long_list import served
from tests.api.sdmx_messages import Item, item_of

CSV = "application/vnd.sdmx.data+csv;version=2.0.0"
read_url: Any = sdmx.read_url
read_sdmx: Any = sdmx.read_sdmx
MOMENTS = ("2020-06-30", "2025-12-31", "2027-01-01")
SHOWN = (
    *("figure_id", "subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end"),
    *("value", "low", "high", "symbol", "unit", "canonical_value", "canonical_low", "canonical_high", "canonical_unit"),
    *("approximate", "status", "publisher", "published_at", "recorded_at", "position", "event_id", "statements"),
    *("revisions", "corrected", "publishers", "disputed", "spread"),
)


@pytest.fixture(scope="module")
def address(shipped: Engine) -> Iterator[str]:
    with served(shipped) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Any]:
    """Of SDMX-REST 1.5, by which the program asks unless it is told otherwise."""
    add_source({"id": AGENCY, "url": f"{address}/sdmx", "name": "Supply ledger"}, override=True)
    yield sdmx.Client(AGENCY)
    del sources[AGENCY]


@pytest.fixture(scope="module")
def newer(address: str) -> Iterator[Any]:
    """Of SDMX-REST 2; its source is called as the agency is, which it asks for."""
    before = sources.get(AGENCY)
    info = {"id": AGENCY, "url": f"{address}/sdmx", "name": "Supply ledger", "versions": ["3.0.0"]}
    add_source(
        {**info, "headers": {"structure": {"Accept": "application/xml"}, "data": {"Accept": CSV}}}, override=True
    )
    yield sdmx.Client(AGENCY)
    if before is not None:
        sources[AGENCY] = before


@pytest.fixture(scope="module")
def figures(shipped: Engine) -> TestClient:
    return TestClient(create_app(shipped))


def expected(figures: TestClient, *, dated: bool = True, **params: str) -> list[Item]:
    lines = figures.get("/v1/figures.jsonl", params=params).text.splitlines()
    items = [item for item in map(json.loads, lines) if (item["period_start"] is not None) == dated]
    return sorted(({name: item[name] for name in SHOWN} for item in items), key=place)


def place(item: Item) -> Any:
    return item["figure_id"], item["publisher"]


def items_of(message: Any) -> list[Item]:
    """The observations of a message as items."""
    items = []
    for data_set in message.data:
        for one in data_set.obs:
            key = {name: str(value.value) for name, value in one.key.values.items()}
            attributes = {name: str(value.value) for name, value in one.attached_attribute.items()}
            amount = {} if one.value is None else {"OBS_VALUE": str(one.value)}
            items.append({name: item_of({**key, **attributes, **amount}, SHOWN).get(name) for name in SHOWN})
    return sorted(items, key=place)


def test_the_dataflows_are_listed(client: Any) -> None:
    message = client.dataflow()
    assert set(message.dataflow) == set(DATAFLOWS)
    assert str(message.dataflow["FIGURES"].name) == "Figures"


@pytest.mark.parametrize("flow", DATAFLOWS)
def test_a_structure_is_read_with_its_concepts_and_codes(client: Any, flow: str) -> None:
    message = client.dataflow(flow)  # with all references, as the program asks of itself
    structure = message.dataflow[flow].structure
    known = DATAFLOWS[flow]
    assert [one.id for one in structure.dimensions] == [one.id for one in known.dimensions]
    assert [one.id for one in structure.attributes] == [one.id for one in known.attributes]
    assert [one.id for one in structure.measures] == ["OBS_VALUE"]
    for one in [*structure.dimensions, *structure.attributes]:
        (component,) = [each for each in known.components if each.id == one.id]
        assert str(one.concept_identity.name) == component.name
        representation = one.local_representation.enumerated
        assert (representation and representation.id) == component.codelist
    assert str(message.codelist["CL_SUBJECT"]["australia"].name) == "Australia"
    assert str(message.codelist["CL_BREAKDOWN"]["basis@reo"].name) == "basis: reo"


@pytest.mark.parametrize("flow", ["FIGURES", "STATEMENTS"])
@pytest.mark.parametrize("as_of", MOMENTS)
def test_data_are_read_as_figures_has_them(address: str, figures: TestClient, flow: str, as_of: str) -> None:
    """In SDMX-ML, which is what the program reads without knowing more."""
    message = read_url(f"{address}/sdmx/data/{flow}", params={"asOf": as_of})
    resolve = "all" if DATAFLOWS[flow].of_publishers else "latest"
    wanted = expected(figures, as_of=as_of, resolve=resolve)
    assert items_of(message) == wanted
    assert len(wanted) > 3


def test_figures_without_a_period_are_read(address: str, figures: TestClient) -> None:
    message = read_url(f"{address}/sdmx/data/FIGURES_UNDATED", params={"asOf": "2026-12-31"})
    assert items_of(message) == expected(figures, as_of="2026-12-31", dated=False)


@pytest.mark.parametrize("accept", [CSV, "application/vnd.sdmx.structurespecificdata+xml;version=2.1"])
def test_data_are_read_with_their_structure(client: Any, address: str, figures: TestClient, accept: str) -> None:
    structure = client.dataflow("STATEMENTS").structure["DSD_STATEMENTS"]
    asked = sdmx.Client().session.get(
        f"{address}/sdmx/data/STATEMENTS", params={"asOf": "2025-12-31"}, headers={"Accept": accept}
    )
    form = "CSV" if accept == CSV else "XML"
    message = read_sdmx(io.BytesIO(asked.content), format=form, structure=structure)
    assert items_of(message) == expected(figures, as_of="2025-12-31", resolve="all")


def test_a_key_of_names_is_checked_and_asked_for(client: Any, figures: TestClient) -> None:
    key = {"SUBJECT": ["australia", "malaysia"], "METRIC": "mine_production", "FREQ": "A"}
    message = client.data("FIGURES", key=key, params={"startPeriod": "2020", "endPeriod": "2023"})
    found = items_of(message)
    words = {"subject": "australia,malaysia", "metric": "mine_production", "period_from": "2020", "period_to": "2023"}
    assert found == expected(figures, dated=True, **words)
    series = sdmx.to_pandas(message)
    assert sorted(series) == sorted(float(one["canonical_value"]) for one in found)
    assert series.index.get_level_values("SUBJECT").unique().tolist() == ["australia", "malaysia"]


def test_a_history_is_read_with_the_times_in_which_it_was_so(address: str, figures: TestClient) -> None:
    params = {"includeHistory": "true", "asOf": "2026-12-31"}
    message = read_url(f"{address}/sdmx/data/STATEMENTS/A.australia.mine_production", params=params)
    told = [one for data_set in message.data for one in data_set.obs]
    by_figure: dict[str, list[Any]] = {}
    for one in told:
        by_figure.setdefault(str(one.attached_attribute["FIGURE_ID"].value), []).append(one)
    for figure_id, some in by_figure.items():
        history = figures.get(f"/v1/figures/{figure_id}/history", params={"as_of": "2026-12-31"}).json()["items"]
        said = [(str(one.attached_attribute["EVENT_ID"].value), str(one.value)) for one in some]
        assert said == [(entry["event_id"], entry["canonical_value"]) for entry in history]
        ends = [str(one.attached_attribute["VALID_TO"].value) for one in some if "VALID_TO" in one.attached_attribute]
        assert ends == [str(one.attached_attribute["VALID_FROM"].value) for one in some[1:]]
    assert len(told) > len(by_figure) > 5


def test_the_newer_paths_are_asked_by_the_program_too(newer: Any, figures: TestClient) -> None:
    message = newer.dataflow("FIGURES", params={"references": "descendants"}, headers={"Accept": "application/xml"})
    structure = message.structure["DSD_FIGURES"]
    assert isinstance(structure, common.BaseDataStructureDefinition)
    asked = newer.data("FIGURES", key="A.australia.mine_production", dry_run=True)
    assert asked.url.endswith(f"/sdmx/data/*/{AGENCY}/FIGURES/+/A.australia.mine_production")
    content = newer.session.send(asked).content
    message = read_sdmx(io.BytesIO(content), format="CSV", structure=structure)
    assert items_of(message) == expected(figures, subject="australia", metric="mine_production")


def test_what_is_available_is_read_as_a_constraint(client: Any, figures: TestClient) -> None:
    message = client.availableconstraint("FIGURES", key="A.australia", params={"references": "codelist"}, force=True)
    (constraint,) = message.constraint.values()
    (region,) = constraint.data_content_region
    members = {one.id: region.member[one] for one in region.member}
    found = {str(one.value) for one in members["METRIC"].values}
    years = [one for one in expected(figures, subject="australia") if time_period(one).frequency == "A"]
    assert found == {one["metric"] for one in years}
    assert {one.id for one in message.codelist["CL_SUBJECT"]} == {"australia"}


def time_period(item: Item) -> Any:
    return sdmx_periods.time_period(item["period_start"], item["period_end"])


def test_what_is_not_offered_is_told_as_such(client: Any) -> None:
    with pytest.raises(NotImplementedError):
        client.data("FIGURES", params={"detail": "serieskeysonly"})
