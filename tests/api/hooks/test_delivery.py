"""Hooks are told of every event, in order, at least once; and of every answer that changed, and of no other."""

import base64
import hashlib
import hmac
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.hooks import hook_messages
from api.hooks.delivery import DELAYS_S, Delivery
from api.hooks.hook import Hook, Place, checked_filters, new_secret
from api.hooks.hook_file import DEAD_LETTERS_MAX, HookFile, HookRefused
from api.hooks.hook_messages import check_question
from api.problems import Problem
from ledger import Ledger
from ledger.values import instant_text
from projections import Engine
from tests.api.helpers import BASICS, country, mined
from tests.api.hooks.receiver import Receiver, position_of, receiving
from tests.places import ROOT
from tests.shared_tables import engine_of


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Ledger(tmp_path / "ledger.db") as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        yield engine


@pytest.fixture
def delivery(engine: Engine, tmp_path: Path) -> Delivery:
    return Delivery(engine, tmp_path)


def here(engine: Engine) -> Place:
    now = engine.viewpoint()
    return Place(now.position, instant_text(now.as_of))


def add(
    delivery: Delivery, url: str, place: Place, *, condition: str = "event", private: bool = True, **filters: str
) -> None:
    delivery.file.add(
        "hook",
        url,
        secret=new_secret(),
        condition=condition,
        filters=checked_filters(condition, filters),
        may_be_private=private,
        place=place,
    )


def hook_of(delivery: Delivery) -> Hook:
    (hook,) = delivery.file.listed()
    return hook


def deliver(delivery: Delivery) -> Hook:
    """Send all that there is, as a server would that looks again and again; the hook as it stands then."""
    before = None
    while before != (before := hook_of(delivery)):
        delivery.deliver(before)
    return before


def positions(receiver: Receiver) -> list[int]:
    return [position_of(taken) for taken in receiver.taken]


def test_every_event_is_told_once_and_in_order_as_a_signed_cloud_event(delivery: Delivery, receiver: Receiver) -> None:
    add(delivery, f"{receiver.url}?token=x", Place(0, "1970-01-01T00:00:00Z"))
    deliver(delivery)
    assert positions(receiver) == list(range(1, len(BASICS) + 1))
    first = receiver.taken[0]
    event = first.event
    assert first.headers["Content-Type"] == "application/cloudevents+json"
    assert (event["specversion"], event["type"]) == ("1.0", "org.supply-ledger.event.EntityRegistered")
    assert event["id"] == event["data"]["event_id"] == first.headers["webhook-id"]
    key = base64.b64decode(hook_of(delivery).secret.removeprefix("whsec_"))
    signed = f"{first.headers['webhook-id']}.{first.headers['webhook-timestamp']}.".encode() + first.body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert first.headers["webhook-signature"] == f"v1,{signature}"


def test_a_hook_with_filters_is_told_of_nothing_else_and_looks_at_nothing_twice(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    add(delivery, receiver.url, here(engine), type="ProductionReported")
    engine.ledger.append([mined("china", "1", "2024-01-31"), *(country(f"place-{n}") for n in range(300))])
    assert deliver(delivery).place.position == engine.ledger.head()
    assert positions(receiver) == [len(BASICS) + 1]


def test_what_does_not_arrive_is_sent_again_and_what_follows_waits(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    add(delivery, receiver.url, Place(0, "1970-01-01T00:00:00Z"))
    receiver.statuses = [204, 500, 302, 429]
    for tries in (1, 2, 3):
        delivery.deliver(hook_of(delivery))
        assert (hook_of(delivery).place.position, hook_of(delivery).failures) == (1, tries)
        assert hook_of(delivery).next_at > 0
    delivery.deliver(hook_of(delivery))
    assert (hook_of(delivery).failures, hook_of(delivery).error) == (0, None)
    assert positions(receiver) == list(range(1, len(BASICS) + 1))
    assert {taken.event["data"]["position"] for taken in receiver.refused} == {2}
    assert len({taken.event["id"] for taken in receiver.refused} | {receiver.taken[1].event["id"]}) == 1


def test_a_message_is_given_up_in_the_end_and_told_again_after_a_rewind(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    add(delivery, receiver.url, Place(0, "1970-01-01T00:00:00Z"))
    receiver.statuses = [500] * (len(DELAYS_S) + 1)
    for _ in DELAYS_S:
        delivery.deliver(hook_of(delivery))
    assert delivery.file.dead_letters() == []
    delivery.deliver(hook_of(delivery))
    (letter,) = delivery.file.dead_letters()
    assert (letter.position, letter.error) == (0, "the receiver answered 500")
    assert positions(receiver) == list(range(2, len(BASICS) + 1))
    delivery.file.rewind("hook", Place(0, "1970-01-01T00:00:00Z"))
    deliver(delivery)
    assert delivery.file.dead_letters() == []
    assert positions(receiver)[len(BASICS) - 1 :] == list(range(1, len(BASICS) + 1))


def test_a_hook_that_gives_up_too_much_is_paused(delivery: Delivery, engine: Engine) -> None:
    add(delivery, "http://127.0.0.1:9/", here(engine))
    for number in range(DEAD_LETTERS_MAX):
        assert hook_of(delivery).paused is None
        delivery.file.gave_up(
            hook_of(delivery), str(number), before=number, place=Place(number, "2024-01-01T00:00:00Z"), error=""
        )
    assert "given up" in (hook_of(delivery).paused or "")


def test_a_hook_that_is_rewound_while_a_message_is_under_way_goes_on_from_there(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    add(delivery, receiver.url, Place(3, "1970-01-01T00:00:00Z"))

    def rewind() -> None:
        receiver.meanwhile = lambda: None
        delivery.file.rewind("hook", Place(0, "1970-01-01T00:00:00Z"))

    receiver.meanwhile = rewind
    delivery.deliver(hook_of(delivery))
    assert hook_of(delivery).place.position == 0
    deliver(delivery)
    assert positions(receiver) == [4, *range(1, len(BASICS) + 1)]


def test_another_hook_of_the_same_name_is_not_told_on_behalf_of_the_one_that_was_removed(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    with receiving() as new:
        add(delivery, receiver.url, Place(3, "1970-01-01T00:00:00Z"))

        def replace() -> None:
            delivery.file.remove("hook")
            add(delivery, new.url, Place(0, "1970-01-01T00:00:00Z"))

        receiver.meanwhile = replace
        delivery.deliver(hook_of(delivery))
        deliver(delivery)
        assert positions(receiver) == [4]
        assert positions(new) == list(range(1, len(BASICS) + 1))


def test_a_hook_that_is_paused_is_sent_nothing_more(delivery: Delivery, engine: Engine, receiver: Receiver) -> None:
    add(delivery, receiver.url, Place(0, "1970-01-01T00:00:00Z"))
    receiver.meanwhile = lambda: delivery.file.pause("hook", "by hand")
    delivery.deliver(hook_of(delivery))
    assert positions(receiver) == [1]


def test_a_receiver_may_answer_with_whatever_it_likes(delivery: Delivery, engine: Engine, receiver: Receiver) -> None:
    add(delivery, receiver.url, Place(0, "1970-01-01T00:00:00Z"))
    receiver.reply = b"x" * 200_000
    assert deliver(delivery).failures == 0
    assert positions(receiver) == list(range(1, len(BASICS) + 1))


def test_a_hook_makes_room_for_others_after_a_while(
    delivery: Delivery, engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hooks.delivery.TURN_S", 0.0)
    add(delivery, receiver.url, Place(0, "1970-01-01T00:00:00Z"))
    delivery.deliver(hook_of(delivery))
    assert positions(receiver) == [1]
    deliver(delivery)
    assert positions(receiver) == list(range(1, len(BASICS) + 1))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"]
)
def test_nothing_is_sent_to_a_private_address_unless_that_is_allowed(
    delivery: Delivery, engine: Engine, host: str, receiver: Receiver
) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    add(delivery, f"http://{host}:{port}/in", Place(0, "1970-01-01T00:00:00Z"), private=False)
    delivery.deliver(hook_of(delivery))
    assert "no public address" in (hook_of(delivery).error or "")
    assert receiver.taken == []


@pytest.mark.parametrize(
    ("condition", "filters"),
    [
        ("event", {"after": "3"}),
        ("event", {"subject": "china"}),
        ("changed", {"from_as_of": "2024"}),
        ("changed", {"limit": "3"}),
        ("changed", {"changed_by_more_than": "3"}),
        ("changed>5%", {"resource": "policies"}),
        ("changed", {"resource": "nothing"}),
        ("changed>5%", {"reliance": "page-4"}),
        ("changed", {"reliance": "page-4", "subject": "china"}),
    ],
)
def test_filters_that_mean_nothing_are_refused(condition: str, filters: dict[str, str]) -> None:
    with pytest.raises(Problem):
        checked_filters(condition, filters)


def test_a_name_is_given_once_and_a_hook_that_is_not_there_is_said_so(delivery: Delivery, engine: Engine) -> None:
    add(delivery, "http://127.0.0.1:9/", here(engine))
    with pytest.raises(HookRefused, match="already"):
        add(delivery, "http://127.0.0.1:9/", here(engine))
    delivery.file.remove("hook")
    with pytest.raises(HookRefused, match="no hook"):
        delivery.file.pause("hook", "by hand")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("china", "australia")),
        st.sampled_from(("usgs", "bgs")),
        st.sampled_from(("100", "103", "106", "200", "0")),
        st.sampled_from(("2023-01-31", "2024-01-31", "2024-06", "2099-01-31")),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=10, deadline=None)
@given(steps=STEPS, percent=st.sampled_from((None, 5, 50)), interrupted=st.booleans())
def test_a_hook_of_answers_is_told_exactly_where_the_answer_differs(
    steps: list[tuple[str, str, str, str, bool]], percent: int | None, interrupted: bool, tmp_path_factory: Any
) -> None:
    """Answers are read before and after by themselves; some steps go together, some messages do not arrive at once."""
    folder = tmp_path_factory.mktemp("answers")
    with Ledger(folder / "ledger.db") as ledger, engine_of(ledger) as engine, receiving() as receiver:
        ledger.append(BASICS)
        delivery = Delivery(engine, folder)
        add(delivery, receiver.url, here(engine), condition="changed" if percent is None else f"changed>{percent}%")
        expected: list[tuple[str, str | None, str | None]] = []
        before = answers(engine, hook_of(delivery).place)
        for subject, publisher, value, published_at, together in steps:
            ledger.append([mined(subject, value, published_at, publisher=publisher)])
            if together:
                continue
            receiver.statuses = [500] if interrupted else []
            after_place = deliver(delivery).place
            after = answers(engine, after_place)
            expected += differing(before, after, percent)
            before = after
            told = [told_of(taken.event["data"]) for taken in receiver.taken]
            assert sorted(told, key=str) == sorted(expected, key=str)
        ids = [taken.event["id"] for taken in receiver.taken]
        assert len(ids) == len(set(ids))


Answers = dict[str, tuple[str | None, dict[str, Any]]]


def answers(engine: Engine, place: Place) -> Answers:
    """What is answered of each figure at a place."""
    viewpoint = engine.viewpoint(as_of=place.as_of, recorded_as_of=f"position:{place.position}")
    items = engine.read("figures", viewpoint).to_pylist()
    return {item["figure_id"]: (item["value"], item) for item in items}


def differing(before: Answers, after: Answers, percent: int | None) -> Iterator[tuple[str, str | None, str | None]]:
    for figure in before.keys() | after.keys():
        earlier, later = before.get(figure, (None, {}))[0], after.get(figure, (None, {}))[0]
        if percent is None:
            if earlier != later:
                yield figure, earlier, later
        elif earlier and later and earlier != later and further(Decimal(earlier), Decimal(later), percent):
            yield figure, earlier, later


def further(earlier: Decimal, later: Decimal, percent: int) -> bool:
    return abs(later - earlier) * 100 > percent * abs(earlier)


def told_of(data: dict[str, Any]) -> tuple[str, str | None, str | None]:
    before, after = (data[side] and data[side]["value"] for side in ("before", "after"))
    return data["figure_id"], before, after


def test_a_policy_that_comes_into_force_is_told_of(delivery: Delivery, engine: Engine, receiver: Receiver) -> None:
    add(delivery, receiver.url, here(engine), condition="changed", resource="policies")
    event = {
        "type": "PolicyEnacted",
        "policy": "export-ban",
        "jurisdiction": "china",
        "kind": "export_ban",
        "title": "Export ban",
        "effective_from": "2024-01-01",
        "published_at": "2023-12-21",
        "source": {"publisher": "usgs"},
    }
    engine.ledger.append([event])
    deliver(delivery)
    (taken,) = receiver.taken
    assert (taken.event["subject"], taken.event["data"]["kind"]) == ("export-ban", "added")


def test_an_answer_that_is_relied_on_is_told_of_when_it_changes(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    defined = {"type": "MetricDefined", "metric": "doubled", "unit": "t", "formula": "2 * mine_production"}
    registered = {"type": "RelianceRegistered", "reliance": "page-4", "title": "Page 4"}
    engine.ledger.append([country("myanmar"), mined("china", "1", "2024-01-31"), defined])
    for month, question in enumerate(("/v1/figures?subject=china", "/v1/derived?subject=china"), start=3):
        engine.ledger.append([{**registered, "question": question}])
        receiver.taken.clear()
        check_question(engine, "changed", {"reliance": "page-4"})
        add(delivery, receiver.url, here(engine), condition="changed", reliance="page-4")
        engine.ledger.append([mined("myanmar", "5", "2024-02-01")])
        deliver(delivery)
        assert receiver.taken == []
        (receipt,) = engine.ledger.append([mined("china", f"1{month}", f"2024-0{month}-28")]).items
        assert deliver(delivery).error is None
        (taken,) = receiver.taken
        told = taken.event["data"]
        assert (told["reliance"], told["title"], told["question"]) == ("page-4", "Page 4", question)
        causes = told["causes"] if "causes" in told else told["attributions"]
        assert [one["event_id"] for one in causes] == [receipt["event_id"]]
        engine.ledger.append(
            [{"type": "RelianceEnded", "reliance": "page-4"}, mined("china", "3", f"2024-0{month}-29")]
        )
        deliver(delivery)
        assert len(receiver.taken) == 1
        delivery.file.remove("hook")


def test_an_answer_of_long_ago_is_told_of_once_somebody_relies_on_it(
    delivery: Delivery, engine: Engine, receiver: Receiver
) -> None:
    long_ago = {"reliance": "page-4", "question": "/v1/figures?subject=china", "basis": {"as_of": "2024-02-15"}}
    registered = {"type": "RelianceRegistered", **long_ago}
    engine.ledger.append([mined("china", "1", "2024-01-31"), mined("china", "2", "2024-03-31"), registered])
    add(delivery, receiver.url, here(engine), condition="changed", reliance="page-4")
    engine.ledger.append([country("myanmar")])
    deliver(delivery)
    assert receiver.taken == []
    engine.ledger.append([registered])
    deliver(delivery)
    (taken,) = receiver.taken
    change = taken.event["data"]
    assert (change["before"]["value"], change["after"]["value"]) == ("1", "2")
    engine.ledger.append([country("laos")])
    deliver(delivery)
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("question", ["/v1/figures", "/v1/derived"])
def test_the_changes_of_an_answer_are_told_once_each_page_by_page(
    delivery: Delivery, engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setattr(hook_messages, "PAGE_ITEMS", 2)
    defined = {"type": "MetricDefined", "metric": "doubled", "unit": "t", "formula": "2 * mine_production"}
    registered = {"type": "RelianceRegistered", "reliance": "page-4", "question": question}
    places = ("world", "australia", "china")
    engine.ledger.append([*(mined(place, "1", "2024-01-31") for place in places), defined, registered])
    add(delivery, receiver.url, here(engine), condition="changed", reliance="page-4")
    engine.ledger.append([mined(place, "2", "2024-03-31") for place in places])
    deliver(delivery)
    assert [taken.event["data"]["subject"] for taken in receiver.taken] == ["australia", "china", "world"]


def owned(kind: str, day: str) -> dict[str, Any]:
    told = {"type": kind, "subject": "lynas", "relation": "owns", "object": "usgs", "source": {"publisher": "bgs"}}
    return {**told, "effective_from": day, "published_at": day}


@pytest.mark.parametrize("size", [1, 2, 5_000])
@pytest.mark.parametrize(
    ("filters", "recorded", "count"),
    [
        (
            {"publisher": "usgs,bgs"},
            [mined("china", "1", "2024-01-31"), mined("china", "2", "2024-01-31", publisher="bgs")],
            2,
        ),
        (
            {"resource": "relationships"},
            [
                owned(kind, f"{year}-01-31")
                for year, kind in enumerate(("RelationshipStated", "RelationshipEnded") * 2, start=2020)
            ],
            2,
        ),
    ],
    ids=["publishers of a figure", "intervals of a relationship"],
)
def test_changes_under_one_name_are_messages_of_their_own(
    delivery: Delivery,
    engine: Engine,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    filters: dict[str, Any],
    recorded: list[dict[str, Any]],
    count: int,
) -> None:
    """Who has seen an id leaves out what comes under it again."""
    monkeypatch.setattr(hook_messages, "PAGE_ITEMS", size)
    add(delivery, receiver.url, here(engine), condition="changed", **filters)
    engine.ledger.append(recorded)
    receiver.statuses = [500]
    deliver(delivery)
    (refused,) = receiver.refused
    assert len({taken.event["subject"] for taken in receiver.taken}) == 1
    ids = [taken.event["id"] for taken in receiver.taken]
    assert refused.event["id"] == ids[0]
    assert len(set(ids)) == len(ids) == count


ANNOUNCED = {
    "type": "PolicyAnnounced",
    "policy": "export-ban",
    "jurisdiction": "china",
    "kind": "export_ban",
    "title": "A ban",
    "published_at": "2024-01-31",
    "source": {"publisher": "usgs"},
}


@pytest.mark.parametrize("question", ["/v1/figures?subject=china", "/v1/derived?subject=china"])
def test_an_erasure_of_what_is_relied_on_is_told_once(
    delivery: Delivery, engine: Engine, receiver: Receiver, question: str
) -> None:
    defined = {"type": "MetricDefined", "metric": "doubled", "unit": "t", "formula": "2 * mine_production"}
    china, _, elsewhere = engine.ledger.append(
        [mined("china", "1", "2024-01-31"), mined("china", "2", "2024-03-31"), mined("australia", "7", "2024-01-31")]
    ).items
    engine.ledger.append(
        [
            mined("australia", "8", "2024-03-31"),
            defined,
            {"type": "RelianceRegistered", "reliance": "page-4", "question": question},
        ]
    )
    another_kind = engine.ledger.append([ANNOUNCED]).items[0]
    add(delivery, receiver.url, here(engine), condition="changed", reliance="page-4")
    engine.ledger.erase(UUID(another_kind["event_id"]), reason="personal_data", explanation="It named somebody.")
    engine.ledger.erase(UUID(china["event_id"]), reason="personal_data", explanation="It named somebody.")
    deliver(delivery)
    (taken,) = receiver.taken
    told = taken.event["data"]
    assert taken.event["type"].endswith("answer.erased")
    assert (told["reliance"], told["event_id"], told["position"]) == ("page-4", china["event_id"], china["position"])
    assert told["erased"]["reason"] == "personal_data"
    deliver(delivery)
    assert len(receiver.taken) == 1
    late = engine.ledger.append([mined("china", "3", "2024-06-30")]).items[0]
    deliver(delivery)
    engine.ledger.erase(UUID(late["event_id"]), reason="personal_data", explanation="It named somebody.")
    deliver(delivery)
    kinds = [one.event["type"].rpartition(".")[2] for one in receiver.taken]
    assert kinds == ["erased", "changed", "erased"]  # what was erased is in neither answer, so nothing changed by it
    if "figures" in question:  # another figure, which still stands, is not what is asked for
        engine.ledger.erase(UUID(elsewhere["event_id"]), reason="personal_data", explanation="-")
        deliver(delivery)
        assert len(receiver.taken) == 3


def test_an_answer_is_compared_as_its_own_address_says(delivery: Delivery, engine: Engine, receiver: Receiver) -> None:
    engine.ledger.append([mined("china", "1", "2024-01-31"), mined("china", "2", "2024-03-31")])
    add(delivery, receiver.url, here(engine), condition="changed", reliance="page-4")
    question = "/v1/figures?subject=china&as_of=2024-02-15"
    engine.ledger.append([{"type": "RelianceRegistered", "reliance": "page-4", "question": question}])
    deliver(delivery)
    assert [taken.event["data"]["before"]["value"] for taken in receiver.taken] == ["1"]


def test_a_receiver_and_a_server_that_are_killed_again_and_again_lose_no_event(tmp_path: Path) -> None:
    """The server is killed in the middle of its work, and its receiver refuses: each event comes, in order."""
    chance = Random(7)
    data = tmp_path / "data"
    data.mkdir()
    with Ledger(data / "ledger.db") as ledger:
        ledger.append(BASICS)
    file = HookFile(data / "hooks.db")
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--data", str(data)]
    variables = {**os.environ, "SUPPLY_LEDGER_VERIFY_HOURS": "0"}
    with receiving() as receiver:
        place = Place(0, "1970-01-01T00:00:00Z")
        file.add(
            "hook", receiver.url, secret=new_secret(), condition="event", filters={}, may_be_private=True, place=place
        )
        for round_ in range(4):
            with Ledger(data / "ledger.db") as ledger:
                ledger.append([country(f"place-{round_}-{number}") for number in range(40)])
                head = ledger.head()
            receiver.statuses = [204] * chance.randint(0, 20) + [500, 204, 500]
            file.resume("hook")
            with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
                wanted = head if round_ == 3 else head - chance.randint(1, 39)
                receiver.wait_for(wanted)
                process.send_signal(signal.SIGKILL)
        seen = positions(receiver)
        assert list(dict.fromkeys(seen)) == list(range(1, head + 1))
        assert len(seen) - len(set(seen)) <= 4  # at most the one in hand is told twice
