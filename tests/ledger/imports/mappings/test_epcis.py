"""Events of EPCIS: what is an amount or a link becomes a fact, and all else is told."""

import io
import json
from typing import Any

import pytest

from ledger import ImportReport, Ledger, MappingError, import_stream, ready_made_mappings, with_parameters
from ledger.imports.mappings.gs1_identifiers import goods, place_or_party
from tests.ledger.conftest import WORLD
from tests.ledger.imports.mappings.epcis_document import MAGNETS, OXIDE, amount, at, document, event, events

SAID = {"publisher": "js-link"}


def taken(said: Any, *, ledger: Ledger | None = None, **chosen: Any) -> tuple[ImportReport, list[dict[str, Any]]]:
    parameters = {**SAID, **chosen.pop("parameters", {})}
    mapping = with_parameters(ready_made_mappings()["epcis"], parameters)
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    with Ledger(":memory:") as made:
        book = ledger or made
        if not book.head():
            book.append(WORLD)
        head = book.head()
        report = import_stream(book, io.BytesIO(raw), "csv", name="events.epcis.json", mapping=mapping, **chosen)
        return report, [{"type": one.type, **one.body} for one in book.entries(after=head)]


def test_amounts_are_added_up_by_place_goods_and_day() -> None:
    assert len(events()) >= 40
    report, facts = taken(document(), register="country")
    assert report.errors == []
    figures = {
        (one["metric"], one["subject"], one["period"]): (one["value"], one["unit"])
        for one in facts
        if one["type"] in ("ProductionReported", "FigureReported")
    }
    mine, plant, magnets = "gln-4012345000016", "gln-4012345000023", "gln-4012345000030"
    assert figures["production", mine, "2025-03-01"] == ("1000.5", "KGM")
    assert figures["shipments", mine, "2025-03-08"] == ("1", "TNE")
    assert figures["receipts", plant, "2025-03-02"] == ("998", "KGM")
    assert figures["consumption", plant, "2025-03-02"] == ("750", "KGM")
    assert figures["production", plant, "2025-03-02"] == ("300.25", "KGM")
    assert figures["production", plant, "2025-03-01"] == ("0.80025", "t")
    assert figures["receipts", magnets, "2025-04-01"] == ("12.125", "KGM")
    assert len(figures) == 5 * 8 + 1
    assert {one["published_at"] for one in facts if "metric" in one} == {"2025-04-02T09:00:00.000+08:00"}
    registered = {one["entity"]: (one["kind"], one["name"]) for one in report.registered}
    assert registered[mine] == ("facility", "Mount Example mine")
    assert registered["gtin-04012345111118"][0] == "material"
    assert taken(document(events()[:-2]), register="country")[0].recorded < report.recorded


def test_owners_make_links_and_possessors_none() -> None:
    _, facts = taken(document(), register="country")
    links = {(one["supplier"], one["consumer"]): one for one in facts if one["type"] == "SupplyLinkOpened"}
    assert set(links) == {
        ("gln-4012345001013", "gln-4012345001020"),
        ("gln-4012345001020", "gln-4012345001037"),
    }
    assert links["gln-4012345001013", "gln-4012345001020"]["effective_from"] == "2025-03-01"


def test_all_that_is_no_fact_is_told_by_kind_and_count() -> None:
    report, _ = taken(document(), register="country")
    told = "\n".join(report.notes)
    for said in (
        "once: AggregationEvent (packing): what is packed",
        "once: AssociationEvent: what is attached",
        "once: TransactionEvent: that goods belong",
        "once: ObjectEvent (departing): departing tells of goods",
        "once: ObjectEvent (inspecting): OBSERVE inspecting",
        "once: ObjectEvent (shipping): pieces, without a unit",
        "2 times: ObjectEvent (shipping): only serial numbers",
        "once: ObjectEvent (shipping): amounts without a place",
        "once: ObjectEvent (receiving): declared to be in error",
        "once: ObjectEvent (receiving): amounts in MTR",
        "8 times: ObjectEvent (receiving): sources and destinations that are no two owning parties",
        "once: ObjectEvent (commissioning): a lot that is the output of a transformation",
        "9 times: business transactions",
        "8 times: data on instances and lots",
        "once: sensor readings",
        "once: MaintenanceEvent: no kind of event of EPCIS",
        "sums over the events of this document, by place, goods and day",
    ):
        assert said in told


def test_the_same_document_again_adds_nothing() -> None:
    with Ledger(":memory:") as ledger:
        first, _ = taken(document(), ledger=ledger, register="country")
        again, _ = taken(document(), ledger=ledger, register="country")
    assert (again.recorded, again.errors) == (0, [])
    assert again.duplicate == first.recorded - len(first.registered)


def test_known_identifiers_need_no_registration_and_unknown_ones_are_told_once() -> None:
    report, _ = taken(document())
    assert report.recorded == 0
    told = {one.detail.partition(":")[0]: one for one in report.faults}
    assert "nobody has registered GLN 4012345000016 (subject)" in told
    known = {"gln": "4012345000030"}, {"gtin": "04012345222227"}
    kinds = (("facility", "magnet-plant", known[0]), ("material", "ndpr", known[1]))
    with Ledger(":memory:") as ledger:
        ledger.append(WORLD)
        ledger.append(
            [{"type": "EntityRegistered", "entity": e, "kind": k, "name": e, "identifiers": i} for k, e, i in kinds]
        )
        received = event("ObjectEvent", 1, action="OBSERVE", bizStep="receiving", **at(MAGNETS))
        report, facts = taken([{**received, "quantityList": [amount(OXIDE, 1, 5)]}], ledger=ledger, published_at="2025")
    assert report.errors == []
    assert [(one["subject"], one["material"]) for one in facts] == [("magnet-plant", "ndpr")]


@pytest.mark.parametrize("period", ["month", "year"])
def test_amounts_may_be_of_months_or_years(period: str) -> None:
    _, facts = taken(document(), register="country", parameters={"period": period, "published_at": "2025-05"})
    figures = {
        (one["metric"], one["subject"], one["period"]): one["value"]
        for one in facts
        if one["type"] in ("ProductionReported", "FigureReported")
    }
    when = "2025-03" if period == "month" else "2025"
    assert figures["production", "gln-4012345000016", when] == "8004"
    assert {one["published_at"] for one in facts if "metric" in one} == {"2025-05"}


MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "an instant without an offset": ({"eventTime": "2025-03-01T10:00:00", "eventTimeZoneOffset": ""}, "eventTime"),
    "no instant": ({"eventTime": "yesterday"}, "eventTime 'yesterday'"),
    "an odd offset": ({"eventTimeZoneOffset": "8"}, "eventTimeZoneOffset"),
    "a quantity as text": ({"quantityList": [amount(OXIDE, 1, "12")]}, "is a number"),
    "a quantity below zero": ({"quantityList": [amount(OXIDE, 1, -1)]}, "below zero"),
    "a unit that is no text": ({"quantityList": [amount(OXIDE, 1, 1) | {"uom": 5}]}, "uom"),
    "a huge quantity": ({"quantityList": [amount(OXIDE, 1, 10**30)]}, "quantityList"),
    "no list": ({"quantityList": {"a": 1}}, "list of objects"),
    "no class": ({"quantityList": [{"quantity": 1}]}, "epcClass"),
}


@pytest.mark.parametrize(("change", "said"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_event_is_told_with_its_place_and_no_sum_is_made(change: dict[str, Any], said: str) -> None:
    good = event(
        "ObjectEvent", 1, action="OBSERVE", bizStep="receiving", **at(MAGNETS), quantityList=[amount(OXIDE, 1, 5)]
    )
    report, facts = taken([good, {**good, **change}], register="country", mode="proceed", published_at="2025")
    assert [one["row"] for one in report.errors] == [2]
    assert said in report.errors[0]["detail"]
    assert facts == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<epcis/>", "is XML"),
        (b"{", "no JSON"),
        (b'{"a": 1}', "no EPCIS"),
        (b"[1]", "no EPCIS"),
        (b'{"type": "EPCISDocument", "epcisBody": {}}', "no EPCIS"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_document_is_told(raw: bytes, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        taken(raw)
    with pytest.raises(MappingError, match="period is day, month, year"):
        taken(document(), parameters={"period": "week"})


def test_every_way_to_send_events_is_read() -> None:
    good = event(
        "ObjectEvent", 1, action="OBSERVE", bizStep="receiving", **at(MAGNETS), quantityList=[amount(OXIDE, 1, 5)]
    )
    queried = {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": {"resultsBody": {"eventList": [good]}}}}
    single = {"isA": "EPCISDocument", "epcisBody": {"event": good}}
    for said in (good, [good], document([good]), queried, single, {**good, "type": None, "isA": "epcis:ObjectEvent"}):
        assert taken(said, register="country", published_at="2025")[0].recorded == 3


@pytest.mark.parametrize(
    ("uri", "scheme", "value"),
    [
        ("urn:epc:id:sgln:4012345.00001.0", "gln", "4012345000016"),
        ("urn:epc:id:pgln:4012345.00225", "gln", "4012345002256"),
        ("https://id.gs1.org/414/4012345000016/254/5", "gln", "4012345000016"),
        ("https://example.com/x/417/4012345000016?a=b", "gln", "4012345000016"),
        ("urn:epc:id:sgln:4012345.1.0", "uri", "urn:epc:id:sgln:4012345.1.0"),
        ("https://example.com/plant", "uri", "https://example.com/plant"),
    ],
)
def test_places_are_known_by_their_key(uri: str, scheme: str, value: str) -> None:
    assert place_or_party(uri) == (scheme, value)


@pytest.mark.parametrize(
    ("uri", "value"),
    [
        ("urn:epc:class:lgtin:4012345.011111.998877", "04012345111118"),
        ("urn:epc:idpat:sgtin:4012345.011111.*", "04012345111118"),
        ("https://id.gs1.org/01/04012345111118/10/998877", "04012345111118"),
        ("https://id.gs1.org/01/4012345111118", "04012345111118"),
        ("urn:epc:class:lgtin:4012345.1.x", "urn:epc:class:lgtin:4012345.1.x"),
    ],
)
def test_goods_are_known_whatever_their_lot(uri: str, value: str) -> None:
    assert goods(uri).value == value
