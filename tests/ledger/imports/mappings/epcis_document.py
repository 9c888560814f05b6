"""A document of EPCIS 2.0, as a mine, a separation plant and a magnet maker may write it: more than forty events."""

from typing import Any

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
MINE, PLANT, MAGNETS = (f"urn:epc:id:sgln:4012345.0000{number}.0" for number in (1, 2, 3))
MINER, SEPARATOR, MAKER = (f"urn:epc:id:pgln:4012345.0010{number}" for number in (1, 2, 3))
CONCENTRATE, OXIDE, MAGNET = "4012345.011111", "4012345.022222", "4012345.033333"


def lot(kind: str, number: int) -> str:
    return f"urn:epc:class:lgtin:{kind}.LOT{number}"


def amount(kind: str, number: int, quantity: Any, uom: str | None = "KGM") -> dict[str, Any]:
    return {"epcClass": lot(kind, number), "quantity": quantity, **({} if uom is None else {"uom": uom})}


def event(kind: str, day: int, **fields: Any) -> dict[str, Any]:
    when = {"eventTime": f"2025-03-{day:02}T10:00:00.000Z", "eventTimeZoneOffset": "+08:00"}
    return {"type": kind, "eventID": f"urn:uuid:{kind}-{day}", **when, **fields}


def owners(source: str, destination: str, kind: str = "owning_party") -> dict[str, Any]:
    return {
        "sourceList": [{"type": kind, "source": source}],
        "destinationList": [{"type": kind, "destination": destination}],
    }


def at(place: str, point: str = "bizLocation") -> dict[str, Any]:
    return {point: {"id": place}}


def events() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for day in range(1, 9):
        made += [
            event(
                "ObjectEvent", day, action="ADD", bizStep="commissioning", **at(MINE),
                quantityList=[amount(CONCENTRATE, day, 1000.5)],
            ),
            event(
                "ObjectEvent", day, action="OBSERVE", bizStep="urn:epcglobal:cbv:bizstep:shipping",
                **at(MINE, "readPoint"), quantityList=[amount(CONCENTRATE, day, 1, "TNE")], **owners(MINER, SEPARATOR),
                bizTransactionList=[{"type": "po", "bizTransaction": "urn:epc:id:gdti:4012345.00001.7"}],
            ),
            event(
                "ObjectEvent", day, action="OBSERVE", bizStep="https://ref.gs1.org/cbv/BizStep-receiving", **at(PLANT),
                quantityList=[amount(CONCENTRATE, day, 998)], **owners(MINER, SEPARATOR, "possessing_party"),
            ),
            event(
                "TransformationEvent", day, bizStep="commissioning", **at(PLANT),
                inputQuantityList=[amount(CONCENTRATE, day, 500), amount(CONCENTRATE, day, 250)],
                outputQuantityList=[amount(OXIDE, day, 300.25)], ilmd={"example:purity": "99.5"},
            ),
        ]  # fmt: skip
    made += [
        event("TransformationEvent", 1, **at(PLANT), outputQuantityList=[amount(OXIDE, 99, 0.5, "TNE")]),
        event(
            "ObjectEvent", 1, action="ADD", bizStep="commissioning", **at(PLANT),
            quantityList=[amount(OXIDE, 1, 300.25)],
        ),
        event("AggregationEvent", 2, action="ADD", bizStep="packing", parentID="urn:epc:id:sscc:4012345.1111111111"),
        event("AssociationEvent", 2, action="ADD", parentID="urn:epc:id:grai:4012345.55555.1"),
        event("TransactionEvent", 3, action="ADD", bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1"}]),
        event("ObjectEvent", 3, action="OBSERVE", bizStep="departing", quantityList=[amount(OXIDE, 1, 5)]),
        event("ObjectEvent", 3, action="OBSERVE", bizStep="inspecting", epcList=["urn:epc:id:sgtin:4012345.033333.1"]),
        event(
            "ObjectEvent", 4, action="OBSERVE", bizStep="shipping", **at(MAGNETS),
            quantityList=[amount(MAGNET, 1, 40, None)],
        ),
        event("ObjectEvent", 4, action="OBSERVE", bizStep="shipping", **at(MAGNETS), epcList=["urn:x:1"]),
        event("ObjectEvent", 5, action="OBSERVE", bizStep="shipping", quantityList=[amount(OXIDE, 1, 5)]),
        event(
            "ObjectEvent", 5, action="OBSERVE", bizStep="receiving", **at(PLANT), quantityList=[amount(OXIDE, 1, 5)],
            errorDeclaration={"declarationTime": "2025-03-06T00:00:00Z", "reason": "incorrect_data"},
        ),
        event(
            "ObjectEvent", 6, action="OBSERVE", bizStep="receiving", **at(PLANT),
            quantityList=[amount(OXIDE, 1, 5, "MTR")],
            sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 20.5, "uom": "CEL"}]}],
        ),
        # Where it is, it is the next day already.
        {
            **event("ObjectEvent", 7, action="OBSERVE", bizStep="receiving", **at(MAGNETS)),
            "quantityList": [amount(OXIDE, 1, 12.125)],
            "eventTime": "2025-03-31T20:00:00+00:00", **owners(SEPARATOR, MAKER),
        },
        {"type": "example:MaintenanceEvent", "eventTime": "2025-03-01T00:00:00Z"},
    ]  # fmt: skip
    return made


def document(said: list[Any] | None = None, **fields: Any) -> dict[str, Any]:
    places = [
        {"id": MINE, "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": "Mount Example mine"}]},
        {"id": PLANT, "attributes": [{"id": "urn:epcglobal:cbv:mda#city", "attribute": "Kuantan"}]},
    ]
    vocabularies = [{"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": places}]
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2025-04-02T09:00:00.000+08:00",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}},
        "epcisBody": {"eventList": events() if said is None else said},
        **fields,
    }
