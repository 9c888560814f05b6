"""The provenance of an answer, read back by the programs of others: `prov` and `rdflib`."""

import io
import json
import warnings
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prov.model import ProvDocument
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import PROV, RDF

from api.app import create_app
from ledger.values import parse_moment
from projections import Engine
from tests.api.helpers import BASICS, Api, mined, organisation

OWN = Namespace("urn:supply-ledger:provenance:")
STATEMENT = "urn:supply-ledger:statement:"
EVENT = "urn:uuid:"
READERS = {"jsonld": "jsonld", "prov-json": "json"}
"""What `prov` calls our formats."""


@pytest.fixture
def told(api: Api) -> tuple[Api, str]:
    """A figure of which all happened that may happen to one."""
    first, second, third, _ = api.post(
        mined("china", "240000", "2024-01-31"),
        mined("china", "250000", "2025-01", note='said "so"'),
        mined("china", "260", "2025-06-30", publisher="bgs"),
        mined("china", "255", "2025-03-31", unit="kt"),
    )
    corrected = {"changes": {"value": "255000"}, "reason": "transcription", "explanation": "We misread the table."}
    api.post(
        {"type": "EventCorrected", "target": second["event_id"], **corrected},
        {"type": "EventRetracted", "target": third["event_id"], "reason": "duplicate", "explanation": "Not theirs."},
        mined("china", "251000", "2025-08-31", publisher="bgs"),
        withdrawal("2025-09-30"),
        mined("china", "256000", "2025-10-31"),
    )
    return api, first["figure_id"]


def withdrawal(published_at: str) -> dict[str, Any]:
    event = mined("china", "0", published_at)
    del event["value"]
    return {**event, "type": "FigureWithdrawn"}


def provenance(api: Api, path: str, **asked: str) -> Any:
    answer = api.client.get(f"/v1/{path}/provenance", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def document(api: Api, path: str, form: str, **asked: str) -> ProvDocument:
    """What `prov` reads, with every warning an error."""
    text = provenance(api, path, format=form, **asked).text
    return ProvDocument.deserialize(io.StringIO(text), format=READERS[form])


def graph(api: Api, path: str, **asked: str) -> Graph:
    """What `rdflib` reads, with no network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own classes
        return Graph().parse(data=provenance(api, path, **asked).text, format="json-ld")


def said_by(record: Any) -> dict[str, str]:
    """The attributes in our own words."""
    return {
        name.localpart: str(getattr(value, "value", value))
        for name, value in record.attributes
        if name.namespace.uri == str(OWN)
    }


def elements(read: ProvDocument, beginning: str) -> dict[str, Any]:
    """Entities, activities and agents whose names begin so, by the rest of their names."""
    found = {one.identifier.uri: one for one in read.get_records() if one.is_element() and one.identifier}
    return {name.removeprefix(beginning): one for name, one in found.items() if name.startswith(beginning)}


def relations(read: ProvDocument, kind: str) -> set[tuple[str, ...]]:
    """The relations of a kind, each by what it relates, without the times."""
    return {
        tuple(str(getattr(value, "uri", "")) for _, value in one.formal_attributes)
        for one in read.get_records()
        if one.get_type().localpart == kind
    }


@pytest.mark.parametrize("form", READERS)
def test_each_statement_is_an_item_of_the_history(told: tuple[Api, str], form: str) -> None:
    api, figure = told
    items = api.items(f"figures/{figure}/history")
    found = elements(document(api, f"figures/{figure}", form), STATEMENT)
    assert [item["cause"] for item in items] == [
        "first_report", "revision", "confirmation", "first_report", "withdrawal", "republication",
    ]  # fmt: skip
    assert set(found) == {item["event_id"] for item in items}
    for item in items:
        shown = {name: value for name, value in item.items() if value is not None}
        for name in ("event_id", "position", "recorded_at"):
            del shown[name]  # these are of the record of it
        assert said_by(found[item["event_id"]]) == {name: str(value) for name, value in shown.items()}


@pytest.mark.parametrize("form", READERS)
def test_what_was_said_anew_revises_and_what_was_taken_back_is_invalid(told: tuple[Api, str], form: str) -> None:
    api, figure = told
    read = document(api, f"figures/{figure}", form)
    usgs = [item["event_id"] for item in api.items(f"figures/{figure}/history") if item["publisher"] == "usgs"]
    first, second, third, taken_back, last = (f"{STATEMENT}{one}" for one in usgs)
    derived = {names[:2] for names in relations(read, "Derivation")}
    among_statements = {pair for pair in derived if all(name.startswith(STATEMENT) for name in pair)}
    assert among_statements == {(second, first), (last, taken_back)}
    assert {names[:2] for names in relations(read, "Alternate")} == {(third, second)}
    invalid = {names[0] for names in relations(read, "Invalidation")}
    assert {name for name in invalid if name.startswith(STATEMENT)} == {third}
    attributed = relations(read, "Attribution")
    assert {names[1] for names in attributed if names[0] == first} == {"urn:supply-ledger:entity:usgs"}


def test_what_this_ledger_mended_is_told_of_its_records(told: tuple[Api, str]) -> None:
    api, figure = told
    items = api.items("events")
    ids = {(item["type"], item.get("value")): item["event_id"] for item in items}
    at = {item["event_id"]: item["position"] for item in items}
    wrong, retracted = ids["ProductionReported", "250000"], ids["ProductionReported", "260"]
    correction, retraction = ids["EventCorrected", None], ids["EventRetracted", None]
    read = document(api, f"figures/{figure}", "jsonld")
    invalid = {names[0]: names[1].rpartition(":")[2] for names in relations(read, "Invalidation")}
    records = {name: by for name, by in invalid.items() if name.startswith(EVENT)}
    assert records == {f"{EVENT}{wrong}": str(at[correction]), f"{EVENT}{retracted}": str(at[retraction])}
    (mended,) = (one for name, one in elements(read, "").items() if f":version:{wrong}" in name)
    assert (said_by(mended)["value"], said_by(elements(read, EVENT)[wrong])["value"]) == ("255000", "250000")
    assert (mended.identifier.uri, f"{EVENT}{wrong}") in {names[:2] for names in relations(read, "Derivation")}
    assert said_by(elements(read, EVENT)[correction])["explanation"] == "We misread the table."
    assert f"{STATEMENT}{retracted}" not in elements(read, ""), "they never said so"


def test_the_two_clocks_are_told_apart(told: tuple[Api, str]) -> None:
    api, figure = told
    read = graph(api, f"figures/{figure}")
    for item in api.items(f"figures/{figure}/history"):
        statement, event = URIRef(f"{STATEMENT}{item['event_id']}"), URIRef(f"{EVENT}{item['event_id']}")
        published, recorded = (read.value(one, PROV.generatedAtTime) for one in (statement, event))
        assert parse_moment(str(published)).start == parse_moment(item["published_at"]).end
        assert parse_moment(str(recorded)) == parse_moment(item["recorded_at"])
        assert (event, PROV.wasDerivedFrom, statement) in read
        publication, recording = (read.value(one, PROV.wasGeneratedBy) for one in (statement, event))
        assert str(read.value(publication, PROV.wasAssociatedWith)).endswith(f":{item['publisher']}")
        assert str(read.value(recording, PROV.wasAssociatedWith)).endswith(":recorder:local")
        assert str(recording).endswith(f":recording:{item['position']}")


def test_the_answer_is_derived_from_the_events_that_decided_it(told: tuple[Api, str]) -> None:
    api, figure = told
    asked = {"as_of": "2025-08-31", "recorded_as_of": f"position:{api.head()}"}
    page = api.get("figures", figure_id=figure, **asked)
    (item,) = page["items"]
    assert (item["value"], item["publisher"]) == ("251000", "bgs")
    read = graph(api, f"figures/{figure}", **asked)
    (answer,) = read.subjects(RDF.type, OWN.Answer)
    for name in ("as_of", "recorded_as_of", "effective_at", "position", "root"):
        assert str(read.value(answer, OWN[name])) == str(page["basis"][name])
    assert str(read.value(answer, OWN.answer_value)) == "251000"
    sources = {str(one) for one in read.objects(answer, PROV.wasDerivedFrom)}
    (beside,) = (one["event_id"] for one in api.items("events") if one.get("published_at") == "2025-03-31")
    assert sources == {f"{EVENT}{item['event_id']}", f"{EVENT}{beside}"}
    question = api.client.get(str(read.value(answer, OWN.question)))
    assert question.json()["items"] == [item]
    roles = {
        str(read.value(one, PROV.entity)): str(read.value(one, OWN.part_in_answer))
        for one in read.objects(answer, PROV.qualifiedDerivation)
    }
    assert roles == {f"{EVENT}{item['event_id']}": "decided", f"{EVENT}{beside}": "beside"}


def test_who_took_back_what_it_said_counts_for_nothing(told: tuple[Api, str]) -> None:
    api, figure = told
    (item,) = api.items("figures", figure_id=figure, as_of="2025-10-15")
    read = graph(api, f"figures/{figure}", as_of="2025-10-15")
    (answer,) = read.subjects(RDF.type, OWN.Answer)
    assert {str(one) for one in read.objects(answer, PROV.wasDerivedFrom)} == {f"{EVENT}{item['event_id']}"}


def test_an_answer_that_is_none_is_derived_from_what_took_it_back(api: Api) -> None:
    first, last = api.post(mined("china", "240000", "2024-01-31"), withdrawal("2025-09-30"))
    assert api.items("figures") == []
    read = graph(api, f"figures/{first['figure_id']}")
    (answer,) = read.subjects(RDF.type, OWN.Answer)
    assert {str(one) for one in read.objects(answer, PROV.wasDerivedFrom)} == {f"{EVENT}{last['event_id']}"}


def test_nothing_of_what_came_later_is_told(told: tuple[Api, str]) -> None:
    api, figure = told
    by_publication = document(api, f"figures/{figure}", "jsonld", as_of="2024-12-31")
    assert len(elements(by_publication, STATEMENT)) == 1
    assert len(elements(by_publication, EVENT)) == 1
    first = api.items("events", type="ProductionReported")[1]["position"]
    by_record = document(api, f"figures/{figure}", "jsonld", recorded_as_of=f"position:{first}")
    assert len(elements(by_record, EVENT)) == 2
    assert not relations(by_record, "Invalidation")


def test_the_receipt_is_in_it_and_is_verified(told: tuple[Api, str]) -> None:
    api, figure = told
    answer = provenance(api, f"figures/{figure}", as_of="2025-08-31", receipt="full")
    assert answer.headers["cache-control"] == "no-cache"
    read = ProvDocument.deserialize(io.StringIO(answer.text), format="jsonld")
    (receipt,) = (dict(one.attributes) for name, one in elements(read, "").items() if ":answer:receipt/" in name)
    (text,) = (str(value) for name, value in receipt.items() if name.localpart == "value")
    verdict = api.client.post("/v1/receipts/verify", json=json.loads(text)).json()
    assert verdict["verdict"] == "same", verdict


def test_the_form_is_negotiated_and_the_past_is_kept_for_ever(told: tuple[Api, str]) -> None:
    api, figure = told
    path = f"/v1/figures/{figure}/provenance"
    assert api.client.get(path).headers["content-type"] == "application/ld+json"
    for accept, got in (("application/ld+json", "application/ld+json"), ("application/json", "application/json")):
        answer = api.client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, got)
        assert "Accept" in answer.headers["vary"]
    assert api.client.get(path, headers={"Accept": "text/csv"}).status_code == 406
    past = api.client.get(path, params={"as_of": "2025-08-31", "recorded_as_of": f"position:{api.head()}"})
    assert "immutable" in past.headers["cache-control"]
    again = api.client.get(past.url, headers={"If-None-Match": past.headers["etag"]})
    assert again.status_code == 304


def test_what_is_not_there_and_what_is_wrong_is_refused(api: Api) -> None:
    def status(path: str, **asked: str) -> int:
        return api.client.get(f"/v1/{path}/provenance", params=asked).status_code

    api.post(mined("china", "240000", "2024-01-31"))
    figure = api.only("figures")["figure_id"]
    assert status("figures/none") == status(f"figures/{'0' * 8}-0000-4000-8000-{'0' * 12}") == 404
    before = document(api, f"figures/{figure}", "jsonld", as_of="2023")
    assert not elements(before, STATEMENT), "as its history then, it is there and empty"
    assert status("policies/none") == status("relationships/none") == 404
    for asked in ({"as_of": "soon"}, {"format": "csv"}, {"receipt": "half"}, {"limit": "3"}):
        assert status(f"figures/{figure}", **asked) == 422


def test_what_was_erased_is_told_without_what_it_said(engine: Engine) -> None:
    engine.ledger.append(BASICS)
    with TestClient(create_app(engine)) as client:
        api = Api(client)
        kept, erased = api.post(mined("china", "240000", "2024-01-31"), mined("china", "314159", "2025-01-31"))
        body = {"target": erased["event_id"], "reason": "personal_data", "explanation": "They asked for it."}
        assert client.post("/v1/erasures", json=body).status_code == 201
        answer = provenance(api, f"figures/{kept['figure_id']}")
        assert "314159" not in answer.text
        read = ProvDocument.deserialize(io.StringIO(answer.text), format="jsonld")
        assert {names[0] for names in relations(read, "Invalidation")} == {f"{EVENT}{erased['event_id']}"}
        assert set(said_by(elements(read, EVENT)[erased["event_id"]])) == {"position"}


@pytest.fixture
def tariff(api: Api) -> Api:
    stated = {"type": "PolicyEnacted", "policy": "tariff", "jurisdiction": "china", "kind": "tariff"}
    source = {"source": {"publisher": "usgs"}}
    *_, wrong, last = api.post(
        {**stated, **source, "published_at": "2024-01-01", "effective_from": "2025-01-01"},
        {**stated, **source, "published_at": "2024-06-01", "effective_from": "2026-01-01"},
        {**stated, "published_at": "2024-07-01", "effective_from": "2025", "source": {"publisher": "bgs"}},
        {**stated, **source, "published_at": "2024-08-01", "effective_from": "2027-01-01"},
    )
    api.post(
        {"type": "ReportWithdrawn", "withdraws": last["event_id"], "published_at": "2024-09-01", **source},
        {"type": "EventRetracted", "target": wrong["event_id"], "reason": "duplicate", "explanation": "Not theirs."},
    )
    return api


def test_what_stands_again_is_what_the_answer_of_a_thing_is_derived_from(tariff: Api) -> None:
    (item,) = tariff.items("policies/tariff")
    standing = next(one for one in tariff.items("policies/tariff/history") if one["published_at"] == "2024-06-01")
    assert item["effective_from"] == "2026-01-01"
    read = graph(tariff, "policies/tariff")
    (answer,) = read.subjects(RDF.type, OWN.Answer)
    sources = {str(one) for one in read.objects(answer, PROV.wasDerivedFrom)}
    assert sources == {f"{EVENT}{item['event_id']}", f"{EVENT}{standing['event_id']}"}


def test_a_plant_that_was_merged_has_all_of_its_records(api: Api) -> None:
    plant = {"type": "FacilityCommissioned", "stage": "magnet", "source": {"publisher": "usgs"}}
    names = [organisation(one, kind="facility") for one in ("lamp", "kuantan-plant")]
    *_, wrong, _ = api.post(
        *names,
        {**plant, "facility": "kuantan-plant", "published_at": "2024-01-01"},
        {**plant, "facility": "lamp", "published_at": "2024-02-01"},
    )
    api.post(
        {"type": "EntitiesMerged", "kept": "lamp", "merged": "kuantan-plant", "reason": "One plant."},
        {"type": "EventRetracted", "target": wrong["event_id"], "reason": "duplicate", "explanation": "Said twice."},
    )
    read = document(api, "facilities/lamp", "jsonld")
    assert {names[0] for names in relations(read, "Invalidation")} == {f"{EVENT}{wrong['event_id']}"}


@pytest.mark.parametrize("form", READERS)
def test_what_holds_over_time_has_its_provenance_too(tariff: Api, form: str) -> None:
    items = tariff.items("policies/tariff/history")
    read = document(tariff, "policies/tariff", form)
    found = elements(read, STATEMENT)
    assert [item["cause"] for item in items] == ["first_report", "revision", "revision", "withdrawal"]
    assert set(found) == {item["event_id"] for item in items}
    for item in items:
        for name in ("transition", "effective_from", "cause", "shift_days"):
            assert said_by(found[item["event_id"]]).get(name) == (None if item[name] is None else str(item[name]))
    one, two, three, _ = (f"{STATEMENT}{item['event_id']}" for item in items)
    derived = {names[:2] for names in relations(read, "Derivation") if names[0].startswith(STATEMENT)}
    assert derived == {(two, one), (three, two)}
    invalid = {names[0] for names in relations(read, "Invalidation")}
    assert {name for name in invalid if name.startswith(STATEMENT)} == {three}
    assert len(invalid) == 2, "the other is the record that was retracted"


def test_a_relationship_has_its_provenance(api: Api) -> None:
    source = {"source": {"publisher": "usgs"}, "published_at": "2024-01-01"}
    api.post({"type": "RelationshipStated", "subject": "lynas", "relation": "located_in", "object": "china", **source})
    read = document(api, "relationships/lynas:located_in:china", "jsonld")
    assert len(elements(read, STATEMENT)) == 1
