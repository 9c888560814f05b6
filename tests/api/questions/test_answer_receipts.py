"""Receipts of answers: they replay, whoever has the key can check them, and none that was touched is taken for true."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create_app
from api.questions.answer_receipts import software
from api.questions.asked_paths import question_at
from api.settings import data_directory
from ledger import Ledger
from ledger.proof import ProofError, SignedReceipt, canonical_hash, proved, with_signature
from ledger.proof.notes import ED25519_NOTE, SignerKey
from ledger.proof.standalone_verifier import Files, Key, Trust, Untrue, verify
from projections import CATALOGUE, Engine
from tests.api.helpers import BASICS, Api, mined
from tests.depth import seeds
from tests.shared_tables import engine_of
from tests.tampering import tampered

Body = dict[str, Any]
AUDIT = {
    "vintages": {"metric": "mine_production", "subject": "china"},
    "revisions": {"metric": "mine_production", "subject": "china"},
    "diff": {"from_as_of": "2023-12-31", "to_as_of": "2025-12-31"},
    "impact": {"recorded_from": "position:400"},
    "disputes": {"status": "all"},
    "scorecards": {"metric": "mine_production"},
    "freshness": {},
    "preferences": {},
    "reliance": {},
    "influence": {"subject": "world", "metric": "mine_production"},
    "uncertainty": {"metric": "mine_production"},
    "sums": {},
    "definitions": {},
    "derived": {},
    "derived-vintages": {},
    "concentration": {
        "metric": "mine_production",
        "period": "2023",
        "publisher": "usgs",
        "compare_as_of": "2024-06-30",
    },
    "trace": {"entity": "js-link-kuantan-plant"},
    "slips": {"resource": "facilities"},
}
OF_THINGS = {
    "vintages": {"resource": "facilities"},
    "diff": {"resource": "policies", "from_as_of": "2023-12-31", "to_as_of": "2025-12-31"},
    "impact": {"resource": "policies", "recorded_from": "position:400", "as_of": "2026"},
    "disputes": {"resource": "facilities", "status": "all"},
}


@pytest.fixture(scope="module")
def reader(shipped: Engine) -> TestClient:
    return TestClient(create_app(shipped, answers_bytes_max=0))


@pytest.fixture(scope="module")
def trust(shipped: Engine) -> Trust:
    return Trust([Key.parse(shipped.ledger.proofs.key.verifier.text())])


def got(client: TestClient, path: str, **parameters: Any) -> Body:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def verdict(client: TestClient, sent: Any, **parameters: str) -> Body:
    answer = client.post("/v1/receipts/verify", json=sent, params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def checked(client: TestClient, trust: Trust, path: str, **parameters: Any) -> Body:
    """An answer with a receipt, once everybody has found it true and the same."""
    answer = got(client, path, receipt="full", **parameters)
    plain = got(client, path, **parameters)
    receipt = answer["receipt"]
    assert answer.keys() - plain.keys() == {"receipt"}
    assert {name: answer[name] for name in plain if name not in ("basis", "next")} == {
        name: plain[name] for name in plain if name not in ("basis", "next")
    }
    assert (answer["next"] is None) == (plain["next"] is None)
    for sent in (answer, receipt):
        found = verdict(client, sent)
        assert (found["verdict"], found["reasons"], found["differences"]) == ("same", [], []), (path, parameters, found)
        assert verify(Files(json.dumps(sent).encode()), trust)
    named = {event["leaf"]["event_id"] for event in receipt["events"]}
    for item in answer["items"]:
        if isinstance(item.get("event_id"), str):
            assert item["event_id"].replace("-", "") in named
    if answer["next"] is not None and "cursor" not in parameters:
        checked(client, trust, path, **{**parameters, "cursor": answer["next"]})
    return answer


def viewpoint(rng: random.Random, head: int) -> dict[str, str]:
    """A viewpoint of which some clocks are stated."""
    clocks = {
        "as_of": rng.choice(["2019", "2022-05", "2024-06-30", "2026-03-01T12:00:00Z", "2031"]),
        "recorded_as_of": f"position:{rng.randrange(head + 1)}",
        "effective_at": rng.choice(["2020", "2025-01-01"]),
    }
    return {name: value for name, value in clocks.items() if rng.randrange(2)}


@pytest.mark.parametrize("name", CATALOGUE)
def test_receipts_of_every_resource_replay_at_any_viewpoint(
    reader: TestClient, trust: Trust, shipped: Engine, name: str
) -> None:
    for seed in seeds(1):
        rng = random.Random(seed)
        asked = {**viewpoint(rng, shipped.ledger.head()), "limit": str(rng.choice([1, 2, 7]))}
        checked(reader, trust, f"/v1/{name}", **asked)


@pytest.mark.parametrize("name", AUDIT)
def test_receipts_of_every_question_of_the_audit_replay(
    reader: TestClient, trust: Trust, shipped: Engine, name: str
) -> None:
    now = {} if name in ("diff", "impact") else viewpoint(random.Random(name), shipped.ledger.head())
    checked(reader, trust, f"/v1/{name}", limit="3", **AUDIT[name], **now)
    if name in OF_THINGS:
        checked(reader, trust, f"/v1/{name}", limit="2", **OF_THINGS[name])


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("/v1/policies/china-announcement-61-2025", True),
        ("/v1/policies/china-announcement-61-2025/history", True),
        ("/v1/facilities/{facility}/history?clock=ledger", True),
        ("/v1/relationships/{subject}:{relation}:{object}/history", True),
        ("/v1/entities/china", True),
        ("/v1/events", False),
        ("/v1/events?as_of=2024&type=PolicySuspended", False),
    ],
)
def test_receipts_of_one_thing_replay_and_are_whole(reader: TestClient, trust: Trust, path: str, whole: bool) -> None:
    path, _, query = path.partition("?")
    parameters = dict(pair.split("=") for pair in query.split("&") if pair)
    (some,) = got(reader, f"/v1/{path.split('/')[2]}", limit=1)["items"]
    answer = checked(reader, trust, path.format(**some), **parameters)
    assert bool(answer["receipt"]["streams"]) is whole


def test_a_receipt_of_one_figure_has_every_event_of_it(reader: TestClient, trust: Trust, shipped: Engine) -> None:
    for item in got(reader, "/v1/figures", limit=5)["items"]:
        figure_id = item["figure_id"]
        of_words = {name: item[name] for name in ("subject", "metric", "period")}
        for path, parameters in (
            ("/v1/figures", {"figure_id": figure_id}),
            (f"/v1/figures/{figure_id}/history", {}),
            (f"/v1/figures/{figure_id}/history", {"clock": "ledger", "recorded_as_of": "position:900"}),
            ("/v1/figures", of_words),
        ):
            if reader.get(path, params=parameters).status_code == 404:
                continue
            answer = checked(reader, trust, path, **parameters)
            if path == "/v1/figures" and len(answer["items"]) != 1:
                continue
            streams = {one["stream"]: one["length"] for one in answer["receipt"]["streams"]}
            own = [entry for entry in shipped.ledger.entries() if str(entry.stream) == figure_id]
            assert streams[figure_id.replace("-", "")] == len(own)
            there = {event["leaf"]["position"] for event in answer["receipt"]["events"]}
            assert {entry.position for entry in own} <= there


def test_each_event_that_acts_on_a_named_one_is_there(api: Api) -> None:
    first = api.post(mined("china", "100", "2024-01-31"))[0]["event_id"]
    for value in ("101", "102"):
        acts = {"type": "EventCorrected", "target": first, "changes": {"value": value}, "reason": "unit"}
        api.post({**acts, "explanation": "Misread."})
    at = api.client.get("/v1/checkpoint").json()["size"]
    gone = {"type": "EventRetracted", "target": first, "reason": "other", "explanation": "Not at all."}
    api.post(gone)
    receipt = got(api.client, "/v1/events", type="ProductionReported", recorded_as_of=f"position:{at}", receipt="full")
    roles = [(event["leaf"]["type"], event["role"]) for event in receipt["receipt"]["events"]]
    assert roles == [("ProductionReported", "decided"), ("EventCorrected", "acts"), ("EventCorrected", "acts")]
    whole = got(
        api.client, "/v1/figures", subject="china", recorded_as_of=f"position:{at}", as_of="2025", receipt="full"
    )["receipt"]
    # A stream is whole up to the checkpoint: the retraction is later than the viewpoint, and shown all the same.
    assert [event["leaf"]["type"] for event in whole["events"]][-1] == "EventRetracted"
    assert verdict(api.client, whole)["verdict"] == "same"


# What was touched


@pytest.fixture(scope="module")
def receipt(reader: TestClient, shipped: Engine) -> Body:
    """A receipt with everything: two streams or more, acts, a viewpoint before the end of the log."""
    figure_id = got(reader, "/v1/figures", subject="china", limit=1)["items"][0]["figure_id"]
    return dict(
        got(reader, "/v1/figures", figure_id=figure_id, recorded_as_of="position:1200", receipt="full")["receipt"]
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and element of a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (*path, name)
        yield from places(inner, (*path, name))


def touched(document: Body) -> Iterator[tuple[tuple[Any, ...], Body]]:
    """The document with one thing changed, for each of the things in it; and where that is."""

    def changed(path: tuple[Any, ...], change: Any) -> tuple[tuple[Any, ...], Body]:
        made = copy.deepcopy(document)
        inside = made
        for name in path[:-1]:
            inside = inside[name]
        change(inside, path[-1])
        return path, made

    def other(inside: Any, name: Any) -> None:
        value = inside[name]
        if isinstance(value, str):
            inside[name] = ("1" if value[:1] == "0" else "0") + value[1:]
        elif isinstance(value, int):
            inside[name] = value + 1
        elif value is None:
            inside[name] = "x"
        elif isinstance(value, list):
            value.reverse() if len(value) > 1 and value != value[::-1] else value.append(
                copy.deepcopy(value[:1] or "x")
            )
        else:
            value["another"] = "0" * 64

    def without(inside: Any, name: Any) -> None:
        del inside[name]

    def doubled(inside: Any, name: Any) -> None:
        inside.insert(name, copy.deepcopy(inside[name]))

    for path in places(document):
        place, made = changed(path, other)
        yield (*place, "another") if "another" in str(made) and "another" not in str(document) else place, made
        yield changed(path, without)
        if isinstance(path[-1], int):
            yield changed(path, doubled)
    yield (), {**document, "another": 1}


def is_true(document: Body, shipped: Engine) -> bool:
    try:
        proved(document, SignedReceipt.model_validate(document), [shipped.ledger.proofs.key.verifier])
    except (ProofError, ValidationError):
        return False
    return True


def is_true_alone(document: Body, trust: Trust) -> bool:
    try:
        verify(Files(json.dumps(document).encode()), trust)
    except Untrue:
        return False
    return True


def test_whatever_is_touched_the_receipt_is_refused(receipt: Body, shipped: Engine, trust: Trust) -> None:
    assert is_true(receipt, shipped)
    assert is_true_alone(receipt, trust)
    count = 0
    for path, document in touched(receipt):
        count += 1
        assert not is_true(document, shipped), path
        assert not is_true_alone(document, trust), path
    assert count > 200


PROVED = ("events", "streams", "grown", "checkpoint", "origin", "document", "version")
"""What whoever has the key cannot say otherwise; all else of a receipt its signature alone stands for."""


def test_whoever_has_the_key_cannot_touch_what_is_proved(receipt: Body, shipped: Engine, trust: Trust) -> None:
    # As the operator would: the document is signed anew, by the log's own key.
    body = {name: value for name, value in receipt.items() if name != "signature"}
    key = shipped.ledger.proofs.key
    count = 0
    for path, document in touched(body):
        proves = path and path[0] in PROVED and path[-1] != "role"
        if not (proves or path in (("basis", "root"), ("basis", "position"))) or "origin" not in document:
            continue
        if path == ("streams", 0) and len(document["streams"]) < len(body["streams"]):
            continue  # It claims less, and what it claims is so.
        count += 1
        signed = with_signature(document, key)
        assert not is_true(signed, shipped), path
        if path[-1] != "another" or "leaf" in path:  # Of other parts, the verifier takes members that it does not know.
            assert not is_true_alone(signed, trust), path
    assert count > 100


def test_an_event_that_was_left_out_is_missed(receipt: Body, shipped: Engine, trust: Trust) -> None:
    body = {name: value for name, value in receipt.items() if name != "signature"}
    whole = {one["stream"] for one in body["streams"]}
    own = [event for event in body["events"] if event["leaf"]["stream"] in whole]
    assert own
    for event in own:
        less = {**body, "events": [one for one in body["events"] if one is not event]}
        signed = with_signature(less, shipped.ledger.proofs.key)
        assert not is_true(signed, shipped)
        with pytest.raises(Untrue, match="not all of them"):
            verify(Files(json.dumps(signed).encode()), trust)
        # Who says as well that the stream is shorter is caught by the checkpoint.
        last = [one for one in less["events"] if one["leaf"]["stream"] == event["leaf"]["stream"]]
        shorter = [{**one, "length": max(1, len(last))} for one in body["streams"]]
        signed = with_signature({**less, "streams": shorter}, shipped.ledger.proofs.key)
        assert not is_true(signed, shipped)
        assert not is_true_alone(signed, trust)


def test_a_receipt_of_another_log_is_none_of_this(receipt: Body, reader: TestClient, tmp_path: Path) -> None:
    with Ledger(tmp_path / "other.db") as ledger, engine_of(ledger) as engine:
        other = Api(TestClient(create_app(engine)))
        other.post(*BASICS, mined("china", "100", "2024-01-31"))
        theirs = got(other.client, "/v1/figures", receipt="full")["receipt"]
        found = verdict(reader, theirs)
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("invalid", "signature")
        # Its key makes it true, and not of this log.
        found = verdict(reader, theirs, key=ledger.proofs.key.verifier.text())
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("invalid", "other_log")
        found = verdict(other.client, receipt)
        assert found["verdict"] == "invalid"
        # A key of that name that is another one signs nothing.
        stranger = SignerKey(receipt["origin"], ED25519_NOTE, b"k" * 32)
        body = {name: value for name, value in receipt.items() if name != "signature"}
        forged = with_signature(body, stranger)
        assert verdict(reader, forged)["verdict"] == "invalid"
        assert verdict(reader, forged, key=stranger.verifier.text())["verdict"] == "invalid"


def test_a_receipt_is_no_checkpoint_and_a_checkpoint_signs_no_receipt(receipt: Body, trust: Trust) -> None:
    with pytest.raises(Untrue, match="no checkpoint"):
        verify(Files(receipt["signature"].encode()), trust)
    assert not is_true_alone({**receipt, "signature": receipt["checkpoint"]}, trust)
    assert not is_true_alone({**receipt, "checkpoint": receipt["signature"]}, trust)


# Answers that are another today


def resigned(whole: Body, engine: Engine, **changes: Any) -> Body:
    """An answer with a receipt that its ledger would have signed if it had answered so."""
    body = {name: value for name, value in whole["receipt"].items() if name != "signature"}
    return {**whole, "receipt": with_signature({**body, **changes}, engine.ledger.proofs.key)}


def test_what_differs_is_told_item_by_item_and_why(reader: TestClient, shipped: Engine) -> None:
    answer = got(reader, "/v1/figures", subject="china", limit=3, receipt="full")
    items = copy.deepcopy(answer["items"])
    items[1]["value"] = "7"
    told = {**answer["receipt"]["answer"], "items": canonical_hash(items)}
    before = resigned({**answer, "items": items}, shipped, answer=told, software="supply-ledger 0.0.1")
    found = verdict(reader, before)
    assert (found["verdict"], [reason["rule"] for reason in found["reasons"]]) == ("differs", ["software"])
    now = {"value": answer["items"][1]["value"]}
    assert found["differences"] == [{"item": 1, "before": {"value": "7"}, "after": now}]
    assert verdict(reader, before["receipt"])["differences"] == [{"member": "items", "before": 3, "after": 3}]
    same_program = resigned({**answer, "items": items}, shipped, answer=told, software=software())
    assert verdict(reader, same_program)["reasons"][0]["rule"] == "unexplained"
    fewer = {**answer["receipt"]["answer"], "items": canonical_hash(items[:2]), "count": 2}
    shorter = resigned({**answer, "items": items[:2]}, shipped, answer=fewer, software="supply-ledger 0.0.1")
    assert [one["item"] for one in verdict(reader, shorter)["differences"]] == [1, 2]


def test_an_answer_that_is_not_the_one_of_its_receipt_is_found(reader: TestClient, trust: Trust) -> None:
    answer = got(reader, "/v1/sums", receipt="full", limit=2)
    other = copy.deepcopy(answer)
    other["items"][0]["total"] = "1"
    more = {**answer, "summary": {"match": 7}}
    for false, where in (
        (other, "items"),
        ({**answer, "items": answer["items"][:1]}, "count"),
        (more, "summary"),
        ({name: value for name, value in answer.items() if name != "summary"}, "summary"),
        ({**answer, "basis": {**answer["basis"], "as_of": "2020-01-01T00:00:00.000000Z"}}, "basis"),
        ({**answer, "next": None}, "next"),
        ({**answer, "hint": "x"}, "hint"),
    ):
        found = verdict(reader, false)
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("invalid", "other_answer")
        assert where in found["reasons"][0]["detail"]
        with pytest.raises(Untrue, match=r"not (those|what)"):
            verify(Files(json.dumps(false).encode()), trust)
    assert verdict(reader, other)["differences"][0]["after"] == {"total": answer["items"][0]["total"]}


def test_a_question_that_nobody_answers_any_more_is_said(reader: TestClient, shipped: Engine) -> None:
    answer = got(reader, "/v1/figures", limit=1, receipt="full")
    for question in (
        {"path": "/v1/omens", "parameters": {}},
        {"path": "/v1/figures", "parameters": {"omen": "x"}},
        {"path": "/v1/report", "parameters": {}},
        {"path": "/v1/policies/nobody-knows", "parameters": {}},
        {"path": "/v1/figures", "parameters": {"recorded_as_of": "position:999999"}},
    ):
        found = verdict(reader, resigned(answer, shipped, question=question)["receipt"])
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("differs", "not_answered")


def test_a_log_that_was_altered_or_is_shorter_is_no_continuation(tmp_path: Path) -> None:
    path = data_directory(tmp_path).ledger_path
    with Ledger(path) as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASICS, mined("china", "100", "2024-01-31"), mined("china", "101", "2024-02-28"))
        answer = got(api.client, "/v1/figures", receipt="full")
        key = ledger.proofs.key.verifier
    tampered(path, "UPDATE tree SET root = zeroblob(32)")
    with Ledger(path) as ledger, engine_of(ledger) as engine:
        from api.questions.replayed_receipts import sent_receipt, verdict_on

        found = verdict_on(engine, sent_receipt(answer))
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("differs", "log_altered")
    with Ledger(tmp_path / "shorter.db") as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        ledger.log.note_recorder(answer["receipt"]["origin"].removeprefix("supply-ledger/"), first=ledger.head() + 1)
        found = verdict(TestClient(create_app(engine)), answer, key=key.text())
        assert (found["verdict"], found["reasons"][0]["rule"]) == ("differs", "log_altered")
        assert "has lost some" in found["reasons"][0]["detail"]


def test_an_event_whose_text_is_gone_is_called_erased(tmp_path: Path) -> None:
    path = data_directory(tmp_path).ledger_path
    with Ledger(path) as ledger, engine_of(ledger) as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASICS, mined("china", "100", "2024-01-31"))
        answer = got(api.client, "/v1/figures", receipt="full")
        (event,) = answer["receipt"]["events"]
        position = event["leaf"]["position"]
        tampered(path, f"UPDATE stored_events SET state = x'' WHERE position = {position}")
        found = verdict(api.client, answer)
        (reason,) = found["reasons"]
        assert (found["verdict"], reason["rule"]) == ("same", "erased")  # The tables have it still.
        assert reason["detail"].endswith(f"at position {position}")


def test_every_path_that_has_receipts_asks_one_question() -> None:
    for path in ("", "/", "/v1", "/v1/", "/v1/figures/x", "/v1/omens", "/v2/figures", "/v1/figures/x/y/history"):
        assert question_at(path) is None
    for path in ("/v1/policies/a/history", "/v1/relationships/a:b:c/history", "/v1/events/x", "/v1/sums"):
        assert question_at(path) is not None
