"""The chain of an entity: which edges are walked, in which direction, and where it ends."""

from collections.abc import Iterator
from typing import Any

import pytest

from projections.audit import Findings, trace
from tests.projections.conftest import Book, Item, merge

PLACES = {
    "kuantan": "region",
    "mine": "facility",
    "plant": "facility",
    "smelter": "organisation",
    "maker": "organisation",
}


def link(name: str, supplier: str, consumer: str, material: str = "ndpr-oxide", **fields: Any) -> Item:
    stated = {
        "type": "SupplyLinkOpened",
        "link": name,
        "supplier": supplier,
        "consumer": consumer,
        "material": material,
    }
    return {**stated, "published_at": "2024-01-01", **fields}


def related(subject: str, relation: str, target: str, **fields: Any) -> Item:
    stated = {"type": "RelationshipStated", "subject": subject, "relation": relation, "object": target}
    return {**stated, "published_at": "2024-01-01", **fields}


@pytest.fixture(scope="module")
def chain() -> Iterator[Book]:
    """A maker whose plant buys oxide of Lynas, which has a mine, buys of a smelter and sells back to it."""
    book = Book()
    book.record(
        *({"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug} for slug, kind in PLACES.items()),
        {"type": "FacilityAnnounced", "facility": "plant", "operator": "maker", "published_at": "2024-01-01"},
        related("plant", "located_in", "kuantan"),
        related("lynas", "owns", "mine", effective_to="2025"),
        related("lynas", "operates", "mine"),
        link("oxide", "lynas", "plant"),
        link("salt", "smelter", "lynas", "pr-nd-oxide"),
        link("back", "lynas", "smelter"),
        link("closed", "usgs", "plant"),
        {"type": "SupplyLinkClosed", "link": "closed", "effective_from": "2025-01-01", "published_at": "2024-12-01"},
        {
            "type": "RiskRaised",
            "risk": "flood",
            "category": "weather",
            "subject": "mine",
            "description": "The pit may flood.",
            "published_at": "2024-01-01",
        },
        {
            "type": "RiskRaised",
            "risk": "strike",
            "category": "labour",
            "subject": "maker",
            "description": "They may strike.",
            "published_at": "2024-01-01",
        },
        {"type": "RiskResolved", "risk": "strike", "effective_from": "2024-06-01", "published_at": "2024-06-01"},
        {"type": "FacilityAnnounced", "facility": "kuantan-plant", "operator": "js-link", "published_at": "2024-01-01"},
        related("js-link", "operates", "kuantan-plant", published_at="2024-06-01"),
    )
    yield book
    book.close()


def found(book: Book, entity: str, *, as_of: str = "2025-06-30", **asked: Any) -> Findings:
    clocks = {name: asked.pop(name) for name in ("recorded_as_of", "effective_at") if name in asked}
    with book.engine.reader(book.engine.viewpoint(as_of=as_of, **clocks)) as reader:
        return trace(reader, entity, **asked)


def steps(book: Book, entity: str, **asked: Any) -> list[str]:
    """`depth from>to what`, with a star where the entity was reached before."""
    return [
        f"{item['depth']} {item['from']}>{item['to']} {item['link'] or item['relation']}{'*' * item['already_reached']}"
        for item in found(book, entity, **asked).items
    ]


def test_upstream_goes_from_consumers_to_suppliers_with_what_they_control_and_who_operates(chain: Book) -> None:
    assert steps(chain, "plant") == [
        "1 plant>lynas oxide",
        "1 plant>maker operates",
        "2 lynas>mine operates",
        "2 lynas>mine owns*",
        "2 lynas>smelter salt",
        "3 smelter>lynas back*",
    ]


def test_downstream_goes_the_other_way(chain: Book) -> None:
    assert steps(chain, "mine", direction="downstream", depth=2) == [
        "1 mine>lynas operates",
        "1 mine>lynas owns*",
        "2 lynas>plant oxide",
        "2 lynas>smelter back",
    ]


def test_each_item_says_how_it_was_reached_and_what_it_is(chain: Book) -> None:
    items = found(chain, "plant").items
    first, operator, _, owned, *_ = items
    assert (first["path"], items[-1]["path"]) == (["plant", "lynas"], ["plant", "lynas", "smelter", "lynas"])
    assert (first["kind"], first["supplier"], first["consumer"], first["material"], first["subject"]) == (
        *("link", "lynas", "plant", "ndpr-oxide"),
        None,
    )
    assert (operator["kind"], operator["subject"], operator["object"]) == ("operator", "maker", "plant")
    assert (owned["kind"], owned["effective_to"], owned["supplier"]) == ("relationship", "2025", None)


def test_depth_cuts_the_chain_and_the_summary_says_so(chain: Book) -> None:
    one, two, three = (found(chain, "plant", depth=depth).members["summary"] for depth in (1, 2, 3))
    assert (one["edges"], one["entities"], one["cut"]) == (2, 3, True)
    assert (two["depth"], two["cut"]) == (2, True)
    assert three == {
        "entities": 5,
        "edges": 6,
        "links": 3,
        "relationships": 2,
        "operators": 1,
        "depth": 3,
        "cut": False,
    }


def test_a_material_bears_on_links_only(chain: Book) -> None:
    assert steps(chain, "plant", material="ndpr-oxide", depth=2)[2:] == ["2 lynas>mine operates", "2 lynas>mine owns*"]
    assert steps(chain, "plant", material="pr-nd-oxide") == ["1 plant>maker operates"]


def test_only_the_relations_asked_for_are_followed(chain: Book) -> None:
    assert steps(chain, "plant", relations=("located_in",))[:2] == ["1 plant>kuantan located_in", "1 plant>lynas oxide"]
    assert "operates" not in " ".join(steps(chain, "plant", relations=("owns",)))


def test_what_is_not_open_at_the_viewpoint_is_not_walked(chain: Book) -> None:
    assert "1 plant>usgs closed" in steps(chain, "plant", as_of="2024-06-30")
    assert "1 plant>usgs closed" in steps(chain, "plant", effective_at="2024-12-31")
    assert "2 lynas>mine owns*" not in steps(chain, "plant", as_of="2026-01-01")
    assert steps(chain, "plant", as_of="2023-12-31") == []


def test_the_entities_reached_have_names_places_and_risks(chain: Book) -> None:
    members = found(chain, "plant", depth=2).members
    assert [(one["entity"], one["depth"]) for one in members["entities"]] == [
        ("plant", 0),
        ("lynas", 1),
        ("maker", 1),
        ("mine", 2),
        ("smelter", 2),
    ]
    assert [one["located_in"] for one in members["entities"][:2]] == [["kuantan"], []]
    assert members["entities"][1]["name"] == "Lynas"
    assert [(one["risk"], one["subject"]) for one in members["risks"]] == [("flood", "mine")]
    assert found(chain, "maker", depth=1).members["risks"] == []
    assert len(found(chain, "maker", depth=1, as_of="2024-05-31").members["risks"]) == 1


def test_an_operator_that_a_relationship_states_too_is_one_edge(chain: Book) -> None:
    before, after = (found(chain, "js-link", as_of=day).items for day in ("2024-05-31", "2024-06-01"))
    assert [item["kind"] for item in before] == ["operator"]
    assert [item["kind"] for item in after] == ["relationship"]


def test_an_entity_that_stands_alone_is_reached_and_an_unknown_one_is_not(chain: Book) -> None:
    alone, unknown = found(chain, "bgs"), found(chain, "nobody")
    assert (alone.items, [one["entity"] for one in alone.members["entities"]]) == ([], ["bgs"])
    assert (unknown.items, unknown.members["entities"]) == ([], [])


def test_a_merged_slug_is_the_kept_one_and_a_link_to_itself_is_a_cycle(book: Book) -> None:
    book.record(link("home", "prc", "china"), link("trade", "australia", "prc"))
    assert steps(book, "china") == ["1 china>prc home", "2 prc>australia trade"]
    book.record(merge(kept="china", merged="prc"))
    assert steps(book, "prc") == ["1 china>australia trade", "1 china>china home*"]


@pytest.mark.parametrize("end", ["FacilityClosed", "FacilityCancelled"])
def test_a_plant_that_is_gone_is_in_no_chain_by_its_operator(book: Book, end: str) -> None:
    plant = {"facility": "plant", "published_at": "2024-01-01"}
    book.record(
        {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "plant"},
        {"type": "FacilityAnnounced", "operator": "lynas", **plant},
        {"type": end, **plant, "published_at": "2025-01-01"},
    )
    assert steps(book, "lynas") == []
    assert steps(book, "lynas", as_of="2024-12-31") != []
