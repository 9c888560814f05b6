"""What holds over time: policies, agreements, facilities, links, risks, relationships, statements and names."""

from typing import Any

from tests.projections.conftest import IDS, Book, correction, merge

Item = dict[str, Any]

ANNOUNCEMENT_61 = [
    {
        "type": "PolicyEnacted",
        "policy": "announcement-61",
        "jurisdiction": "china",
        "kind": "export_control",
        "effective_from": "2025-12-01",
        "published_at": "2025-10-09",
    },
    {
        "type": "PolicySuspended",
        "policy": "announcement-61",
        "effective_from": "2025-11-07",
        "effective_to": "2026-11-10",
        "published_at": "2025-11-07",
    },
]


def policy(book: Book, **asked: Any) -> list[str]:
    return [item["status"] for item in book.ask("policies", **asked)]


def test_a_policy_is_suspended_before_it_began(book: Book) -> None:
    book.record(*ANNOUNCEMENT_61)
    assert policy(book, as_of="2025-10-08") == []
    assert policy(book, as_of="2025-11-01") == ["announced"]
    assert policy(book, as_of="2025-12-15") == ["suspended"]
    assert policy(book, as_of="2026-11-10") == ["suspended"]
    assert policy(book, as_of="2026-11-11") == ["in_force"]
    assert policy(book, as_of="2025-11-01", effective_at="2025-12-15") == ["in_force"]
    assert policy(book, as_of="2025-12-15", effective_at="2025-10-08") == []


def test_things_begin_and_end_at_the_instants_that_are_said_and_no_other(book: Book) -> None:
    held = {"effective_from": "2025-12-01", "effective_to": "2025-12-31"}
    risk = {"type": "RiskRaised", "category": "political", "subject": "lynas", "description": "It may stop.", **held}
    book.record(
        {**risk, "risk": "told-before", "published_at": "2025-10-09"},
        {**risk, "risk": "told-later", "published_at": "2026-03-01"},
    )
    statuses = {
        "2025-10-08T23:59:59.999999Z": [],
        "2025-10-09T00:00:00Z": ["planned"],
        "2025-11-30T23:59:59.999999Z": ["planned"],
        "2025-12-01T00:00:00Z": ["open", "open"],
        "2025-12-31T23:59:59.999999Z": ["open", "open"],
        "2026-01-01T00:00:00Z": ["closed", "closed"],
    }
    for instant, expected in statuses.items():
        assert [item["status"] for item in book.ask("risks", as_of="2027", effective_at=instant)] == expected, instant
        for place, slug in enumerate(("told-before", "told-later")):
            alone = book.ask("risks", as_of="2027", effective_at=instant, filters={"risk": slug})
            assert [item["status"] for item in alone] == expected[place : place + 1], (instant, slug)


def test_a_reinstatement_ends_a_suspension_and_a_repeal_everything(book: Book) -> None:
    book.record(
        *ANNOUNCEMENT_61,
        {
            "type": "PolicyReinstated",
            "policy": "announcement-61",
            "effective_from": "2025-11-07",
            "published_at": "2025-12-20",
        },
        {
            "type": "PolicyRepealed",
            "policy": "announcement-61",
            "effective_from": "2027",
            "published_at": "2026-12-01",
            "event_id": IDS[1],
        },
    )
    assert policy(book, as_of="2025-12-19") == ["suspended"]
    assert policy(book, as_of="2025-12-20") == ["in_force"]
    assert policy(book, as_of="2026-12-31") == ["in_force"]
    repealed = book.one("policies", as_of="2027-01-01")
    assert (repealed["status"], repealed["event_id"]) == ("repealed", IDS[1])
    assert (repealed["effective_from"], repealed["effective_to"]) == ("2025-12-01", None)


def test_an_amendment_changes_fields_from_its_own_time_on(book: Book) -> None:
    opening = {**ANNOUNCEMENT_61[0], "title": "First", "effective_to": "2026"}
    amendment = {
        "type": "PolicyAmended",
        "policy": "announcement-61",
        "changes": {"effective_from": "2026-03", "effective_to": None, "title": "Second"},
        "effective_from": "2025-12-15",
        "published_at": "2025-11-01",
    }
    book.record(opening, amendment)
    before, after = (book.one("policies", as_of="2025-12", effective_at=day) for day in ("2025-12-14", "2025-12-15"))
    assert (before["status"], before["title"], before["effective_to"]) == ("in_force", "First", "2026")
    assert (after["status"], after["title"], after["effective_to"]) == ("announced", "Second", None)
    assert policy(book, as_of="2025-12", effective_at="2027-06") == ["in_force"]


def test_an_mou_becomes_definitive_and_starts_afresh(book: Book) -> None:
    parties = [{"entity": "js-link"}, {"entity": "lynas", "role": "supplier"}]
    signed = {"agreement": "pact", "parties": parties}
    book.record(
        {"type": "MoUSigned", **signed, "title": "Memorandum", "published_at": "2025-07-24"},
        {"type": "AgreementAmended", "agreement": "pact", "changes": {"terms": "Draft"}, "published_at": "2025-08"},
        {"type": "AgreementSigned", **signed, "effective_from": "2026-06", "published_at": "2026-01-10"},
    )
    assert book.ask("agreements", as_of="2025-07-23") == []
    mou = book.one("agreements", as_of="2025-07-24")
    assert (mou["status"], mou["binding"], len(mou["parties"]), mou["terms"]) == ("mou", None, 2, None)
    assert mou["parties"][1] == {"entity": "lynas", "role": "supplier"}
    assert book.one("agreements", as_of="2025-08-31")["terms"] == "Draft"
    later = book.one("agreements", as_of="2026-01-10")
    assert (later["status"], later["binding"], later["terms"], later["title"]) == ("signed", True, None, "Memorandum")
    assert book.one("agreements", as_of="2026-06-01")["status"] == "in_force"
    assert len(book.ask("agreements", filters={"party": "lynas", "binding": "true", "status": "in_force"})) == 1
    assert book.ask("agreements", filters={"party": "usgs"}) == []


def test_a_lapsed_mou_is_expired_and_a_terminated_one_terminated(book: Book) -> None:
    signed = {"agreement": "pact", "parties": [{"entity": "lynas"}], "published_at": "2025-01-01"}
    book.record({"type": "MoUSigned", **signed, "effective_to": "2025-06-30"})
    assert book.one("agreements", as_of="2025-06-30")["status"] == "mou"
    assert book.one("agreements", as_of="2025-07-01")["status"] == "expired"
    book.record({"type": "AgreementTerminated", "agreement": "pact", "published_at": "2025-05-01"})
    assert book.one("agreements", as_of="2025-07-01")["status"] == "terminated"


def test_a_facility_goes_through_its_stages(book: Book) -> None:
    plant = {"facility": "kuantan-plant"}
    book.record(
        {"type": "FacilityAnnounced", **plant, "operator": "js-link", "published_at": "2025-07-24"},
        {"type": "ConstructionStarted", **plant, "stage": "magnet", "published_at": "2026-03"},
        {"type": "FacilityCommissioned", **plant, "stage": "magnet", "published_at": "2027-10-01"},
        {"type": "FacilityIdled", **plant, "effective_from": "2028", "effective_to": "2029", "published_at": "2027-12"},
        {"type": "FacilityRestarted", **plant, "effective_from": "2028-06", "published_at": "2028-06"},
        {"type": "FacilityClosed", **plant, "published_at": "2040"},
    )
    seen = {
        at: [(item["stage"], item["status"], item["operator"]) for item in book.ask("facilities", as_of=at)]
        for at in ("2025-07-23", "2025-08", "2026-04", "2027-11", "2028-02", "2028-07", "2041")
    }
    assert seen == {
        "2025-07-23": [],
        "2025-08": [(None, "announced", "js-link")],
        "2026-04": [("magnet", "under_construction", "js-link")],
        "2027-11": [("magnet", "operating", "js-link")],
        "2028-02": [("magnet", "idled", "js-link")],
        "2028-07": [("magnet", "operating", "js-link")],
        "2041": [("magnet", "closed", "js-link")],
    }


def test_links_and_risks_are_listed_open_or_closed(book: Book) -> None:
    book.record(
        {
            "type": "SupplyLinkOpened",
            "link": "flow",
            "supplier": "lynas",
            "consumer": "js-link",
            "material": "ndpr-oxide",
            "share": "12.50",
            "effective_from": "2027",
            "published_at": "2025",
        },
        {"type": "SupplyLinkClosed", "link": "flow", "effective_from": "2030-01-01", "published_at": "2029-11-01"},
        {
            "type": "RiskRaised",
            "risk": "residue",
            "category": "regulatory",
            "subject": "lynas",
            "description": "Rules may change.",
            "published_at": "2025",
        },
        {"type": "RiskResolved", "risk": "residue", "effective_from": "2026-03-03", "published_at": "2026-03-02"},
    )
    assert [book.one("links", as_of=at)["status"] for at in ("2026", "2027-01-01", "2029", "2030-01-01")] == [
        "planned",
        "open",
        "open",
        "closed",
    ]
    assert book.one("links", as_of="2028")["share"] == "12.50"
    assert [book.one("risks", as_of=at)["status"] for at in ("2025", "2026-03-02", "2026-03-03")] == [
        "open",
        "open",
        "closed",
    ]
    assert book.ask("risks", as_of="2025", filters={"status": "closed"}) == []


def test_each_interval_of_a_relationship_is_an_item(book: Book) -> None:
    stated = {"type": "RelationshipStated", "subject": "lynas", "relation": "owns", "object": "kuantan-plant"}
    book.record(
        {**stated, "share": "49", "effective_to": "2024", "published_at": "2020"},
        {**stated, "share": "51", "effective_from": "2025", "published_at": "2025"},
    )
    first = book.one("relationships", as_of="2024")
    assert (first["status"], first["share"]) == ("open", "49")
    then, now = book.ask("relationships", as_of="2025")
    assert (then["status"], then["share"], then["effective_to"]) == ("closed", "49", "2024")
    assert (now["status"], now["share"], now["effective_to"]) == ("open", "51", None)
    assert book.one("relationships", as_of="2020", effective_at="2025")["status"] == "closed"


def test_a_statement_is_there_from_its_publication_on(book: Book) -> None:
    said = {"type": "StatementRecorded", "subject": "js-link", "attribute": "role", "text": "Makes magnets."}
    book.record({**said, "published_at": "2025-07-24", "source": {"publisher": "lynas"}})
    assert book.ask("statements", as_of="2025-07-23") == []
    statement = book.one("statements", as_of="2025-07-24", filters={"publisher": "lynas", "attribute": "role"})
    assert (statement["text"], statement["publisher"]) == ("Makes magnets.", "lynas")


def test_an_entity_is_called_what_it_was_called_then(book: Book) -> None:
    book.record(
        {
            "type": "EntityRegistered",
            "entity": "burma",
            "kind": "country",
            "name": "Burma",
            "aliases": ["Union of Burma"],
            "identifiers": {"iso_3166": "MM"},
        },
        {"type": "EntityRenamed", "entity": "burma", "name": "Myanmar", "published_at": "1989-06-18"},
        {"type": "EntityAliasAdded", "entity": "burma", "alias": "MMR"},
    )
    before = book.one("entities", as_of="1989-06-17", filters={"entity": "burma"})
    after = book.one("entities", as_of="1989-06-18", filters={"entity": "burma"})
    assert (before["name"], before["former_names"]) == ("Burma", [])
    assert (after["name"], after["former_names"]) == ("Myanmar", ["Burma"])
    assert after["aliases"] == ["MMR", "Union of Burma"]
    assert after["identifiers"] == {"iso_3166": "MM"}
    for words in ("burm", "BURMA", "mmr", "yanma", "mm"):
        assert [item["entity"] for item in book.ask("entities", filters={"q": words})] == ["burma"]


def test_merged_entities_are_one_everywhere(book: Book) -> None:
    stated = {"relation": "located_in", "type": "RelationshipStated", "published_at": "2020"}
    book.record(
        {**stated, "subject": "kuantan-plant", "object": "prc"},
        {**stated, "subject": "kuantan-plant", "object": "china", "published_at": "2021"},
        {**ANNOUNCEMENT_61[0], "jurisdiction": "prc", "materials": ["pr-nd-oxide", "ndpr-oxide"]},
        merge(kept="china", merged="prc"),
        merge(kept="ndpr-oxide", merged="pr-nd-oxide"),
    )
    country = book.one("entities", filters={"entity": "prc"})
    assert (country["entity"], country["merged"], country["aliases"]) == ("china", ["prc"], ["Prc"])
    assert [item["object"] for item in country["relationships"]] == ["china"]
    found = book.one("policies", filters={"jurisdiction": "prc", "material": "pr-nd-oxide"})
    assert (found["jurisdiction"], found["materials"]) == ("china", ["ndpr-oxide"])


def test_a_correction_moves_an_opening_on_the_ledger_clock_only(book: Book) -> None:
    before = book.record({**ANNOUNCEMENT_61[0], "event_id": IDS[1]})
    book.record(correction(IDS[1], effective_from="2025-10-10"))
    assert policy(book, as_of="2025-10-31") == ["in_force"]
    assert policy(book, as_of="2025-10-31", recorded_as_of=f"position:{before}") == ["announced"]


def test_the_timeline_of_a_thing_is_its_visible_events_as_they_read_then(book: Book) -> None:
    before = book.record({**ANNOUNCEMENT_61[0], "event_id": IDS[1]}, ANNOUNCEMENT_61[1])
    book.record(correction(IDS[1], title="Announcement 61"))
    timeline = book.engine.timeline("policies", "announcement-61", book.engine.viewpoint())
    assert [event["type"] for event in timeline] == ["PolicyEnacted", "PolicySuspended"]
    assert timeline[0]["title"] == "Announcement 61"
    then = book.engine.viewpoint(as_of="2025-10-31", recorded_as_of=f"position:{before}")
    (only,) = book.engine.timeline("policies", "announcement-61", then)
    assert "title" not in only


def test_a_reinstatement_that_starts_with_a_suspension_wins(book: Book) -> None:
    book.record(
        {"type": "PolicyEnacted", "policy": "p", "jurisdiction": "china", "kind": "other", "published_at": "2024"},
        {"type": "PolicySuspended", "policy": "p", "effective_from": "2025-03-01", "published_at": "2025-02"},
        {"type": "PolicyReinstated", "policy": "p", "effective_from": "2025-03-01", "published_at": "2025-02"},
    )
    (policy,) = book.ask("policies", as_of="2025-06-30")
    assert policy["status"] == "in_force"


def test_amendments_of_an_mou_end_with_it_and_those_of_the_contract_apply(book: Book) -> None:
    parties = [{"entity": "js-link"}, {"entity": "lynas"}]
    book.record(
        {"type": "MoUSigned", "agreement": "a", "parties": parties, "terms": "first", "published_at": "2025-01-01"},
        {"type": "AgreementAmended", "agreement": "a", "changes": {"terms": "second"}, "published_at": "2025-02-01"},
        {"type": "AgreementSigned", "agreement": "a", "parties": parties, "effective_from": "2025-12-01"}
        | {"published_at": "2025-03-01"},
        {"type": "AgreementAmended", "agreement": "a", "changes": {"effective_from": "2026-03-01"}}
        | {"published_at": "2025-06-01"},
    )
    terms = {day: book.ask("agreements", as_of=day)[0]["terms"] for day in ("2025-02-15", "2025-04-01")}
    assert terms == {"2025-02-15": "second", "2025-04-01": None}
    statuses = [
        book.ask("agreements", as_of="2025-06-30", effective_at=day)[0]["status"]
        for day in ("2025-12-15", "2026-03-01")
    ]
    assert statuses == ["signed", "in_force"]


def test_what_was_said_last_of_a_policys_date_counts(book: Book) -> None:
    policy = {"policy": "p", "jurisdiction": "china", "kind": "other"}
    book.record(
        {"type": "PolicyAnnounced", **policy, "effective_from": "2026-06-01", "published_at": "2025-01-01"},
        {"type": "PolicyEnacted", **policy, "effective_from": "2026-01-01", "published_at": "2025-02-01"},
    )
    (item,) = book.ask("policies", as_of="2025-03-01", effective_at="2026-02-01")
    assert (item["status"], item["effective_from"]) == ("in_force", "2026-01-01")


SCHEMES = ("LEI", "ISO 3166", 'a"b', '"', "a.b", "$x", "*", "[0]", "\\", 'a\\"b', "a'b", "x\ny", "é")


def test_a_scheme_of_identifiers_is_any_text(book: Book) -> None:
    coded = {"type": "EntityRegistered", "kind": "other", "name": "Coded"}
    for place, scheme in enumerate(SCHEMES):
        identifiers = {scheme: f"v{place}", "ticker": f"T{place}"}
        book.record({**coded, "entity": f"coded-{place}", "identifiers": identifiers})
        assert book.one("entities", filters={"entity": f"coded-{place}"})["identifiers"] == identifiers
        assert book.one("entities", filters={"q": f"T{place}"})["entity"] == f"coded-{place}"
    for place in range(1, len(SCHEMES)):
        book.record(merge(kept="coded-0", merged=f"coded-{place}"))
    together = {scheme: f"v{place}" for place, scheme in enumerate(SCHEMES)}
    assert book.one("entities", filters={"entity": "coded-0"})["identifiers"] == {**together, "ticker": "T0"}
