"""Freshness over HTTP: a check of a source is recorded, and silence is told from nobody having looked."""

from tests.api.helpers import Api

WORLD = (
    {"type": "EntityRegistered", "entity": "survey", "kind": "organisation", "name": "Survey"},
    {"type": "EntityRegistered", "entity": "erewhon", "kind": "country", "name": "Erewhon"},
)
DAYS = ("2022-01-31", "2023-01-31", "2024-01-31", "2025-01-31")


def told(day: str) -> dict[str, object]:
    return {
        "type": "ProductionReported",
        "subject": "erewhon",
        "metric": "mine_production",
        "period": str(int(day[:4]) - 1),
        "value": "10",
        "unit": "t",
        "published_at": day,
        "source": {"publisher": "survey", "title": "Yearbook", "edition": day[:4]},
    }


def check(**fields: str) -> dict[str, object]:
    return {"type": "SourceChecked", "subject": "survey", "checked_at": "2026-03-01", "found": "unchanged", **fields}


def state(api: Api, **parameters: str) -> str:
    return str(api.only("freshness", subject="erewhon", **parameters)["state"])


def test_a_publisher_that_is_late_is_told_from_one_that_nobody_looked_at(api: Api) -> None:
    api.post(*WORLD, *map(told, DAYS))
    assert state(api, as_of="2025-12-01") == "current"
    assert state(api, as_of="2026-02-15") == "overdue"
    item = api.only("freshness", subject="erewhon", as_of="2026-02-15")
    assert (item["every_days"], item["expected_on"], item["days_over"]) == (365, "2026-01-31", 15)
    before = api.head()
    api.post(check())
    assert state(api, as_of="2026-02-15") == "overdue"
    late = api.only("freshness", subject="erewhon", as_of="2026-03-15")
    assert (late["state"], late["last_checked_at"], late["last_found"]) == ("late", "2026-03-01", "unchanged")
    assert state(api, as_of="2026-03-15", recorded_as_of=f"position:{before}") == "overdue"


def test_a_check_is_about_the_title_the_edition_and_the_address_that_it_names(api: Api) -> None:
    api.post(*WORLD, *map(told, DAYS), check(title="Newsletter"))
    assert state(api, as_of="2026-03-15") == "overdue"
    api.post(check(title="Yearbook", edition="2025", found="gone"))
    assert state(api, as_of="2026-03-15") == "gone"


def test_what_a_check_found_changed_is_to_be_recorded(api: Api) -> None:
    api.post(*WORLD, *map(told, DAYS), check(checked_at="2025-06-01", found="changed"))
    assert state(api, as_of="2025-07-01") == "changed"
    summary = api.client.get("/v1/freshness?as_of=2025-07-01").json()["summary"]
    assert summary["changed"] == 1
    assert api.items("freshness", as_of="2025-07-01", state="overdue,late") == []
    api.post({**told("2025-01-31"), "value": "11"})
    assert state(api, as_of="2025-07-01") == "current"


def test_what_cannot_be_a_check_is_refused(api: Api) -> None:
    api.post(*WORLD)
    for wrong, rule in (
        (check(checked_at="2999-01-01"), "checked_before"),
        (check(subject="erewhon"), "publisher_is_organisation"),
        (check(subject="nobody"), "unregistered"),
    ):
        response = api.client.post("/v1/events", json=wrong)
        assert response.status_code == 422, response.text
        assert [one["rule"] for one in response.json()["errors"]] == [rule]
    assert api.client.get("/v1/freshness?state=stale").status_code == 422


def test_who_looked_at_the_sources_of_a_policy(api: Api) -> None:
    ban = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    source = {"publisher": "survey", "title": "Gazette", "edition": "12", "retrieved_on": "2025-02-01"}
    quota = {**ban, "policy": "quota", "kind": "quota_system", "source": {"publisher": "survey", "title": "Notices"}}
    api.post(*WORLD, {**ban, "effective_from": "2025-01-01", "published_at": "2024-12-01", "source": source})
    api.post({**quota, "effective_from": "2025-01-01", "published_at": "2024-12-15"})

    def states(**parameters: str) -> list[list[str]]:
        items = api.items("freshness", resource="policies", **parameters)
        return [[item["policy"], item["state"]] for item in items]

    assert states(as_of="2026-04-01") == [["ban", "unchecked"], ["quota", "unchecked"]]
    api.post(check(title="Gazette"))
    assert states(as_of="2026-02-15") == [["ban", "unchecked"], ["quota", "unchecked"]]
    assert states(as_of="2026-04-01") == [["quota", "unchecked"], ["ban", "unchanged"]]
    (item,) = api.items("freshness", resource="policies", policy="ban", as_of="2026-04-01")
    assert (item["last_checked_at"], item["last_found"], item["last_retrieved_on"]) == (
        *("2026-03-01", "unchanged", "2025-02-01"),
    )
    api.post(check(checked_at="2026-03-02", found="gone"))
    assert states(as_of="2026-04-01") == [["ban", "gone"], ["quota", "gone"]]
    api.post({"type": "PolicyRepealed", "policy": "ban", "effective_from": "2026-03-15", "published_at": "2026-03-05"})
    assert states(as_of="2026-04-01", state="gone") == [["ban", "gone"], ["quota", "gone"]]
    repealed = {"type": "PolicyRepealed", "policy": "quota", "source": quota["source"]}
    api.post({**repealed, "effective_from": "2026-03-15", "published_at": "2026-03-05"})
    assert states(as_of="2026-04-01", publisher="survey") == [["ban", "gone"], ["quota", "unchecked"]]
    assert api.items("freshness", resource="policies", publisher="nobody", as_of="2026-04-01") == []
    assert api.client.get("/v1/freshness?resource=policies&state=overdue").status_code == 422
    withdrawn = {"type": "ReportWithdrawn", "withdraws": api.items("policies", policy="quota")[0]["event_id"]}
    api.post({**withdrawn, "published_at": "2026-03-20", "source": {"publisher": "survey"}})
    (item,) = api.items("freshness", resource="policies", policy="quota", as_of="2026-04-01")
    assert (item["statements"], item["last_published_on"]) == (1, "2024-12-15")


def test_a_look_on_the_day_of_publication_tells_nothing_new(api: Api) -> None:
    ban = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    said = {"effective_from": "2025-01-01", "published_at": "2024-12-01", "source": {"publisher": "survey"}}
    api.post(*WORLD, {**ban, **said}, check(checked_at="2024-12-01"))
    assert api.only("freshness", resource="policies")["state"] == "unchecked"
    api.post(check(checked_at="2024-12-02"))
    assert api.only("freshness", resource="policies")["state"] == "unchanged"


def test_a_source_that_was_retrieved_after_the_viewpoint_was_not_looked_at_by_then(api: Api) -> None:
    looked = {"retrieved_on": "2026-05-01"}
    api.post(*WORLD, *({**told(day), "source": {"publisher": "survey", **looked}} for day in DAYS))
    assert api.only("freshness", subject="erewhon", as_of="2026-04-30")["last_retrieved_on"] is None
    assert state(api, as_of="2026-04-30") == "overdue"
    assert api.only("freshness", subject="erewhon", as_of="2026-05-01")["last_retrieved_on"] == "2026-05-01"
    assert state(api, as_of="2026-05-01") == "late"
    ban = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    api.post({**ban, "published_at": "2024-12-01", "source": {"publisher": "survey", **looked}})
    days = [
        api.only("freshness", resource="policies", as_of=day)["last_retrieved_on"] for day in ("2026-04", "2026-05")
    ]
    assert days == [None, "2026-05-01"]
