"""The past of an address, by the rules of RFC 7089: time gates, mementos and time maps."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.formats.memento_links import neighbours, second_of
from api.http.access import Access
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import READ
from projections import Engine
from tests.api.helpers import BASICS, Api, mined

LINK = re.compile(r'<(?P<url>[^>]*)>(?P<rest>(?:; [a-z]+="[^"]*")*)')
MORE = re.compile(r'; ([a-z]+)="([^"]*)"')
LAST_DAY_OF_2024 = "Tue, 31 Dec 2024 23:59:59 GMT"


class Found(NamedTuple):
    """A link that was found: its address, its relations, and what else is said of it."""

    url: str
    rels: frozenset[str]
    more: dict[str, str]


def links_in(text: str) -> list[Found]:
    found = []
    for one in LINK.finditer(text):
        more = dict(MORE.findall(one["rest"]))
        found.append(Found(one["url"], frozenset(more.pop("rel").split()), more))
    return found


def with_rel(found: list[Found], *rels: str) -> list[Found]:
    return [one for one in found if set(rels) <= one.rels]


@pytest.fixture
def told(api: Api) -> tuple[Api, str]:
    """A figure that was revised twice, and its id."""
    first, *_ = api.post(
        mined("china", "240000", "2024-01-31"),
        mined("china", "250000", "2025-01"),
        mined("china", "260000", "2025-06-30"),
    )
    return api, first["figure_id"]


def ask(api: Api, url: str, at: str | None = None) -> Any:
    return api.client.get(url, headers={} if at is None else {"Accept-Datetime": at}, follow_redirects=False)


def test_an_address_is_its_own_time_gate_and_says_so(told: tuple[Api, str]) -> None:
    api, figure = told
    for path in ("/v1/figures?subject=china", f"/v1/figures/{figure}/history", "/", f"/figures/{figure}"):
        answer = ask(api, path)
        assert answer.status_code == 200
        assert "accept-datetime" in answer.headers["vary"].lower()
        assert "memento-datetime" not in answer.headers, "it is of now, which moves on"
        (own,) = with_rel(links_in(answer.headers["link"]), "original", "timegate")
        assert own.url == f"http://testserver{path}"


def test_the_time_gate_leads_to_the_memento(told: tuple[Api, str]) -> None:
    api, figure = told
    url = f"/v1/figures?figure_id={figure}&format=json"
    gate = ask(api, url, LAST_DAY_OF_2024)
    assert gate.status_code == 302
    assert "accept-datetime" in gate.headers["vary"].lower()
    assert "memento-datetime" not in gate.headers, "a time gate is no memento"
    assert gate.headers["cache-control"] == "no-cache"
    found = links_in(gate.headers["link"])
    assert [one.url for one in with_rel(found, "original")] == [f"http://testserver{url}"]
    (chosen,) = (one for one in with_rel(found, "memento") if one.url == gate.headers["location"])
    assert chosen.more == {"datetime": LAST_DAY_OF_2024}

    memento = ask(api, gate.headers["location"])
    assert memento.status_code == 200
    assert memento.headers["memento-datetime"] == LAST_DAY_OF_2024
    assert "accept-datetime" not in memento.headers["vary"].lower()
    assert [one.url for one in with_rel(links_in(memento.headers["link"]), "original", "timegate")] == [
        f"http://testserver{url}"
    ]
    assert [item["value"] for item in memento.json()["items"]] == ["240000"]


def test_a_memento_takes_no_notice_of_another_moment(told: tuple[Api, str]) -> None:
    api, figure = told
    memento = ask(api, f"/v1/figures/{figure}/history", LAST_DAY_OF_2024).headers["location"]
    for at in ("Fri, 31 Jan 2025 23:59:59 GMT", "whenever"):
        answer = ask(api, memento, at)
        assert (answer.status_code, answer.headers["memento-datetime"]) == (200, LAST_DAY_OF_2024)


def test_what_is_published_on_a_day_is_in_the_memento_of_its_last_second(told: tuple[Api, str]) -> None:
    api, figure = told
    url = f"/v1/figures?figure_id={figure}"

    def value(at: str) -> str:
        return str(api.client.get(url, headers={"Accept-Datetime": at}).json()["items"][0]["value"])

    assert value("Mon, 30 Jun 2025 23:59:58 GMT") == "250000"
    assert value("Mon, 30 Jun 2025 23:59:59 GMT") == "260000"


def test_a_memento_never_changes_and_what_may_change_is_none(told: tuple[Api, str]) -> None:
    api, figure = told
    memento = ask(api, f"/v1/figures?figure_id={figure}", LAST_DAY_OF_2024).headers["location"]
    before = ask(api, memento)
    assert "immutable" in before.headers["cache-control"]
    first, *_ = api.items(f"figures/{figure}/history")
    api.post(
        {
            "type": "EventCorrected",
            "target": first["event_id"],
            "changes": {"value": "241000"},
            "reason": "transcription",
            "explanation": "We misread it.",
        }
    )
    after = ask(api, memento)
    assert after.content == before.content
    assert after.headers["memento-datetime"] == before.headers["memento-datetime"]
    half = ask(api, f"/v1/figures?figure_id={figure}&as_of=2024-12-31")
    assert half.json()["items"][0]["value"] == "241000", "what this ledger says now of then"
    assert "memento-datetime" not in half.headers
    future = ask(api, f"/v1/figures?figure_id={figure}&as_of=2999&recorded_as_of=position:9")
    assert "memento-datetime" not in future.headers


def test_the_time_gate_names_the_mementos_around(told: tuple[Api, str]) -> None:
    api, figure = told
    found = links_in(ask(api, f"/v1/figures/{figure}/history", LAST_DAY_OF_2024).headers["link"])
    placed = {
        place: with_rel(found, place, "memento")[0].more["datetime"] for place in ("first", "prev", "next", "last")
    }
    assert placed == {
        "first": "Wed, 31 Jan 2024 23:59:59 GMT",
        "prev": "Wed, 31 Jan 2024 23:59:59 GMT",
        "next": "Fri, 31 Jan 2025 23:59:59 GMT",
        "last": "Mon, 30 Jun 2025 23:59:59 GMT",
    }
    (time_map,) = with_rel(found, "timemap")
    assert time_map.more == {
        "type": "application/link-format",
        "from": "Wed, 31 Jan 2024 23:59:59 GMT",
        "until": "Mon, 30 Jun 2025 23:59:59 GMT",
    }
    assert ask(api, time_map.url).status_code == 200


@pytest.mark.parametrize(
    "at",
    [
        "2024-12-31",
        "2024-12-31T23:59:59Z",
        "Tue, 31 Dec 2024 23:59:59",
        "Tue, 31 Dec 2024 23:59:59 CET",
        "Tue, 31 Dec 2024 23:59:59 +0000",
        "Tuesday, 31-Dec-24 23:59:59 GMT",
        "Tue Dec 31 23:59:59 2024",
        "Mon, 31 Dec 2024 23:59:59 GMT",
        "Sun, 31 Feb 2024 23:59:59 GMT",
        "Tue, 31 Dec 2024 24:00:00 GMT",
        "Tue, 31 Dec 0000 23:59:59 GMT",
        "",
        "now",
    ],
)
def test_what_is_no_date_of_http_is_a_bad_request(told: tuple[Api, str], at: str) -> None:
    api, figure = told
    for path in (f"/v1/figures/{figure}/history", "/v1/figures", f"/figures/{figure}"):
        answer = ask(api, path, at)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "accept-datetime" in answer.headers["vary"].lower()
        assert with_rel(links_in(answer.headers["link"]), "original")


def test_two_moments_at_once_are_a_bad_request(told: tuple[Api, str]) -> None:
    twice = [("Accept-Datetime", LAST_DAY_OF_2024), ("Accept-Datetime", LAST_DAY_OF_2024)]
    assert told[0].client.get("/v1/figures", headers=twice).status_code == 400


def test_what_was_not_known_yet_is_not_there(api: Api) -> None:
    stated = {"type": "PolicyEnacted", "policy": "tariff", "jurisdiction": "china", "kind": "tariff"}
    api.post({**stated, "published_at": "2025-03-01"}, mined("china", "240000", "2025-01-31"))
    early = "Mon, 01 Jan 1990 00:00:00 GMT"
    assert api.client.get("/v1/figures", headers={"Accept-Datetime": early}).json()["items"] == []
    unknown = api.client.get("/v1/policies/tariff", headers={"Accept-Datetime": early})
    assert (unknown.status_code, unknown.headers["memento-datetime"]) == (404, early)
    assert ask(api, "/v1/policies/none", early).status_code == 404


def test_a_moment_to_come_leads_to_the_last_memento(told: tuple[Api, str]) -> None:
    api, figure = told
    gate = ask(api, f"/v1/figures?figure_id={figure}", "Tue, 31 Dec 2999 23:59:59 GMT")
    memento = ask(api, gate.headers["location"])
    assert memento.json()["items"][0]["value"] == "260000"
    assert parsedate_to_datetime(memento.headers["memento-datetime"]).year < 2999


def mementos_of(api: Api, url: str) -> list[Found]:
    """The mementos that a time map lists, on all of its pages."""
    found: list[Found] = []
    following: str | None = url
    while following is not None:
        answer = ask(api, following)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/link-format")
        links = links_in(answer.text)
        (own,) = with_rel(links, "self")
        assert own.url == (following if following.startswith("http") else f"http://testserver{following}")
        assert len(with_rel(links, "original")) == 1
        found += with_rel(links, "memento")
        following = next((one.url for one in with_rel(links, "timemap")), None)
    return found


@pytest.mark.parametrize("query", ["", "?limit=1", "?limit=2"])
def test_the_time_map_lists_each_moment_at_which_something_was_published(told: tuple[Api, str], query: str) -> None:
    api, figure = told
    found = mementos_of(api, f"/v1/timemap/v1/figures/{figure}/history{query}")
    ends = [one.more["datetime"] for one in found]
    assert ends == [
        "Wed, 31 Jan 2024 23:59:59 GMT",
        "Fri, 31 Jan 2025 23:59:59 GMT",
        "Mon, 30 Jun 2025 23:59:59 GMT",
    ]
    assert ["first" in one.rels for one in found] == [True, False, False]
    assert ["last" in one.rels for one in found] == [False, False, True]
    for count, one in enumerate(found, 1):
        memento = ask(api, one.url)
        assert memento.headers["memento-datetime"] == one.more["datetime"]
        assert len(memento.json()["items"]) == count


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000])
def test_a_moment_at_which_much_was_published_is_in_one_part_of_the_time_map(api: Api, limit: int) -> None:
    days = ["2024-01-31", "2024-02-29", "2024-02-29", "2024-02-29", "2024-03-31", "2024-04-30", "2024-04-30"]
    said = [mined("china", str(number), day) for number, day in enumerate(days)]
    (figure,) = {item["figure_id"] for item in api.post(*said)}
    enacted = {"type": "PolicyEnacted", "policy": "tariff", "jurisdiction": "china", "kind": "tariff"}
    api.post(*({**enacted, "published_at": day, "source": {"publisher": "usgs"}} for day in days))
    for path in (f"v1/figures/{figure}/history", "v1/policies/tariff"):
        found = mementos_of(api, f"/v1/timemap/{path}?limit={limit}")
        assert [parsedate_to_datetime(one.more["datetime"]).date().isoformat() for one in found] == sorted({*days})
        assert ["last" in one.rels for one in found] == [False, False, False, True]


def test_things_and_screens_have_time_maps_too(api: Api) -> None:
    source = {"source": {"publisher": "usgs"}}
    stated = {"type": "PolicyEnacted", "policy": "tariff", "jurisdiction": "china", "kind": "tariff", **source}
    owns = {"type": "RelationshipStated", "subject": "lynas", "relation": "located_in", "object": "china", **source}
    api.post({**stated, "published_at": "2025-03-01"}, {**owns, "published_at": "2025-04-01"})
    (figure,) = {item["figure_id"] for item in api.post(mined("china", "240000", "2025-01-31"))}
    for path, at in {
        "v1/policies/tariff": "Sat, 01 Mar 2025 23:59:59 GMT",
        "v1/policies/tariff/history": "Sat, 01 Mar 2025 23:59:59 GMT",
        "v1/policies/tariff/provenance": "Sat, 01 Mar 2025 23:59:59 GMT",
        "things/policies/tariff": "Sat, 01 Mar 2025 23:59:59 GMT",
        "v1/relationships/lynas:located_in:china/history": "Tue, 01 Apr 2025 23:59:59 GMT",
        f"v1/figures/{figure}/provenance": "Fri, 31 Jan 2025 23:59:59 GMT",
        f"figures/{figure}": "Fri, 31 Jan 2025 23:59:59 GMT",
    }.items():
        (one,) = mementos_of(api, f"/v1/timemap/{path}")
        assert one.more["datetime"] == at
        memento = ask(api, one.url)
        assert (memento.status_code, memento.headers["memento-datetime"]) == (200, at), path
        assert with_rel(links_in(memento.headers["link"]), "timemap")[0].url == f"http://testserver/v1/timemap/{path}"


@pytest.mark.parametrize(
    "path", ["v1/figures", "v1/policies/none", "v1/entities/china", "v1/figures/none/history", "log", "x", "v1/sql/a"]
)
def test_what_is_no_figure_or_thing_has_no_time_map(api: Api, path: str) -> None:
    assert ask(api, f"/v1/timemap/{path}").status_code == 404


def test_what_is_kept_for_one_moment_is_not_sent_for_another(engine: Engine) -> None:
    """With answers that are kept, here and at a client."""
    engine.ledger.append([*BASICS, mined("china", "240000", "2024-01-31"), mined("china", "250000", "2025-01-31")])
    with TestClient(create_app(engine)) as client:
        url = "/v1/figures?subject=china"
        now = client.get(url)
        for _ in range(2):
            past = client.get(url, headers={"Accept-Datetime": LAST_DAY_OF_2024, "If-None-Match": now.headers["etag"]})
            assert past.status_code == 200
            assert past.json()["items"][0]["value"] == "240000"
            assert client.get(url).json()["items"][0]["value"] == "250000"
        again = client.get(past.url, headers={"If-None-Match": past.headers["etag"]})
        assert (again.status_code, again.headers["memento-datetime"]) == (304, LAST_DAY_OF_2024)
        head = client.head(url, headers={"Accept-Datetime": LAST_DAY_OF_2024}, follow_redirects=False)
        assert (head.status_code, head.content) == (302, b"")


@pytest.fixture
def guarded(engine: Engine, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A server that asks for keys, and a key."""
    keys = KeyFile(tmp_path / "keys.db")
    text = keys.create("analyst", frozenset({READ}))
    with TestClient(create_app(engine, access=Access(keys=KeyCheck(keys.path)))) as client:
        yield client, text


def test_a_screen_that_is_open_to_all_says_nothing_of_the_ledger(
    guarded: tuple[TestClient, str], engine: Engine
) -> None:
    client, key = guarded
    *_, item = engine.ledger.append([*BASICS, mined("china", "240000", "2024-01-31")]).items
    screen = client.get(
        f"/figures/{item['figure_id']}", headers={"Accept-Datetime": LAST_DAY_OF_2024}, follow_redirects=False
    )
    assert screen.status_code == 302
    assert "position" not in screen.headers["location"]
    assert "2024-01-31" not in screen.headers["link"]
    asked = {"Accept-Datetime": LAST_DAY_OF_2024}
    for path in (f"/v1/figures/{item['figure_id']}/history", "/v1/figures", "/v1/timemap/figures/x"):
        refused = client.get(path, headers=asked, follow_redirects=False)
        assert refused.status_code == 401
        assert "location" not in refused.headers
    let_in = client.get("/v1/figures", headers={**asked, "Authorization": f"Bearer {key}"}, follow_redirects=False)
    assert let_in.status_code == 302


def test_neighbours_are_those_of_a_list_in_order() -> None:
    one, two, three = (datetime(2025, month, 1) for month in (1, 2, 3))
    assert list(neighbours([one, two, three], two)) == [("first prev", one), ("next last", three)]
    assert list(neighbours([one], one)) == [("first last", one)]
    assert list(neighbours([], one)) == []


def test_a_date_of_http_is_the_end_of_its_second() -> None:
    at = second_of(LAST_DAY_OF_2024)
    assert at is not None
    assert at.isoformat() == "2024-12-31T23:59:59.999999+00:00"
