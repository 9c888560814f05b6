"""Every event type is documented, has an example, and survives being stored."""

import json

import pytest

from ledger.codec.stored_json import VERSION_FIELD, body_of, state_of
from ledger.codec.validation import parse_event
from ledger.events import REGISTRY, Event
from ledger.events.base import ref_paths

TYPES = sorted(REGISTRY)
# The catalogue of the contract (ledger/README.md, section 3), by family.
CONTRACT = """
EntityRegistered EntityRenamed EntityAliasAdded EntitiesMerged RelationshipStated
MoUSigned AgreementSigned AgreementAmended AgreementTerminated
PolicyAnnounced PolicyEnacted PolicyAmended PolicySuspended PolicyReinstated PolicyRepealed
FacilityAnnounced ConstructionStarted FacilityCommissioned FacilityIdled FacilityRestarted FacilityClosed
FacilityCancelled ReportWithdrawn RelationshipEnded CommitmentMade CommitmentMet CommitmentReleased
ProductionReported SalesReported PriceReported CapacityReported ReservesReported TradeReported InvestmentReported
EmploymentReported ShareReported QuotaSet TargetSet ForecastPublished FigureReported FigureWithdrawn
SupplyLinkOpened SupplyLinkClosed RiskRaised RiskResolved StatementRecorded
EventCorrected EventRetracted EventReinstated EventErased
""".split()


def test_every_type_of_the_contract_is_registered() -> None:
    assert set(CONTRACT) <= set(REGISTRY)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_a_docstring_of_its_own_and_an_example(name: str) -> None:
    cls = REGISTRY[name]
    assert cls.__dict__["__doc__"].strip().endswith(".")
    assert cls.__doc__ != Event.__doc__
    assert cls.__dict__["example"]["type"] == name


@pytest.mark.parametrize("name", TYPES)
def test_an_example_is_valid_and_comes_back_from_its_stored_bytes(name: str) -> None:
    example = REGISTRY[name].example
    event = parse_event(example)
    assert event.type_name == name
    assert event.body() == {field: value for field, value in example.items() if field != "type"}
    assert body_of(name, state_of(event), position=1) == event.body()


@pytest.mark.parametrize("name", TYPES)
def test_stored_bytes_are_plain_json_that_any_tool_can_read(name: str) -> None:
    event = parse_event(REGISTRY[name].example)
    state = state_of(event)
    assert {name: value for name, value in json.loads(state).items() if name != VERSION_FIELD} == event.body()
    assert body_of(event.type_name, state, position=1) == event.body()


def test_references_are_found_in_nested_places() -> None:
    assert ref_paths(REGISTRY["MoUSigned"]) == (("source", "publisher"), ("parties", "*", "entity"), ("facility",))
    assert ("materials", "*") in ref_paths(REGISTRY["PolicyEnacted"])
