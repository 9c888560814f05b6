"""`supply-ledger receipt`, as a user runs it."""

import json
from pathlib import Path

import pytest

from ledger.proof import standalone_verifier
from ledger.proof.standalone_verifier import Files, Key, Trust
from tests.api.cli.test_proof_commands import Shell
from tests.api.helpers import country, mined, organisation


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path / "data")
    made.append(organisation("usgs"), country("china"), country("australia"))
    made.append(
        mined("china", "100", "2024-01-31"), mined("australia", "7", "2024-01-31", dimensions={"stage": "mine"})
    )
    return made


def test_a_question_is_a_command_or_a_path(shell: Shell) -> None:
    figures = json.loads(shell.ok("receipt", "figures", "--subject", "china", "--as-of=2025"))
    by_path = json.loads(shell.ok("receipt", "/v1/figures?subject=china&as_of=2025"))
    assert figures == by_path
    assert figures["receipt"]["question"]["parameters"]["subject"] == "china"
    assert len(figures["items"]) == len(figures["receipt"]["streams"]) == 1
    split = json.loads(shell.ok("receipt", "figures", "--dimension", "stage=mine", "--limit", "5"))
    assert [item["subject"] for item in split["items"]] == ["australia"]
    figure_id = figures["items"][0]["figure_id"]
    for words in (["history", figure_id], [f"figures/{figure_id}/history"], [f"/v1/figures/{figure_id}/history"]):
        assert len(json.loads(shell.ok("receipt", *words))["receipt"]["events"]) == 1
    assert json.loads(shell.ok("receipt", "entities/china"))["receipt"]["streams"]
    assert json.loads(shell.ok("receipt", "events", "--type", "EntityRegistered"))["receipt"]["answer"]["count"] == 3


def test_a_receipt_is_verified_with_the_ledger_and_without(shell: Shell, tmp_path: Path) -> None:
    file, key = tmp_path / "china.receipt", shell.key().text()
    assert "Wrote" in shell.ok("receipt", "figures", "--subject", "china", "--output", str(file))
    said = shell.ok("receipt", "--verify", str(file))
    assert "the answer is still the same" in said
    assert "No event was left out" in said
    found = json.loads(shell.ok("receipt", "--verify", str(file), "--json"))
    assert (found["verdict"], found["reasons"], found["differences"]) == ("same", [], [])
    elsewhere = Shell(tmp_path / "nowhere")
    assert "The receipt is true." in elsewhere.ok("receipt", "--verify", str(file), "--offline", "--key", key)
    assert standalone_verifier.verify(Files(file.read_bytes()), Trust([Key.parse(key)])).endswith("1 items")
    # Somebody else records more: the answer at the receipt's viewpoint is still the same.
    shell.append(mined("china", "101", "2024-03-31"))
    assert "still the same" in shell.ok("receipt", "--verify", str(file))


def test_it_ends_with_one_where_anything_is_not_true(shell: Shell, tmp_path: Path) -> None:
    answer = json.loads(shell.ok("receipt", "figures", "--subject", "china"))
    key = shell.key().text()
    file = tmp_path / "false.receipt"
    other_item = {**answer, "items": [{**answer["items"][0], "value": "9"}]}
    other_event = {**answer, "receipt": {**answer["receipt"], "events": []}}
    for false in (other_item, other_event):
        file.write_text(json.dumps(false))
        for how in ([], ["--json"], ["--offline", "--key", key]):
            result = shell.run("receipt", "--verify", str(file), *how)
            assert result.exit_code == 1, result.output
    file.write_text(json.dumps(other_item))
    said = shell.run("receipt", "--verify", str(file)).output
    assert 'item 0: {"value":"9"} is now {"value":"100"}' in " ".join(said.split())
    assert json.loads(shell.run("receipt", "--verify", str(file), "--json").stdout)["verdict"] == "invalid"


def test_what_is_misused_is_said(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "some.receipt"
    shell.ok("receipt", "figures", "--output", str(file))
    for words in (
        [],
        ["figures", "--verify", str(file)],
        ["figures", "--offline"],
        ["figures", "--json"],
        ["--verify", str(file), "--offline"],
        ["--verify", str(file), "--key", "x"],
        ["--verify", str(file), "--subject", "china"],
        ["nothing"],
        ["event-types"],
        ["figures", "china"],
        ["figures", "--subject"],
        ["figures", "--sbject", "china"],
        ["figures", "--receipt", "yes"],
        ["figures", "--limit", "0"],
        ["figures", "--format", "csv"],
    ):
        result = shell.run("receipt", *words)
        assert result.exit_code == 2, (words, result.output)
    for raw in (b"", b"{}", b"[1]", b"\xff", b'{"receipt": 1, "items": []}'):
        file.write_bytes(raw)
        assert "Error" in shell.fails("receipt", "--verify", str(file))
    assert "Cannot read" in shell.fails("receipt", "--verify", str(tmp_path / "absent"))


def test_a_restored_ledger_answers_for_the_receipts_of_the_one_before(shell: Shell, tmp_path: Path) -> None:
    file, backup, restored = tmp_path / "old.receipt", tmp_path / "ledger.backup", Shell(tmp_path / "restored")
    shell.ok("receipt", "figures", "--output", str(file))
    shell.ok("backup", str(backup))
    restored.ok("restore", str(backup))
    restored.append(mined("china", "300", "2024-05-31"))
    old, own = shell.key().text(), restored.key().text()
    assert json.loads(restored.run("receipt", "--verify", str(file), "--json").stdout)["verdict"] == "invalid"
    found = json.loads(restored.ok("receipt", "--verify", str(file), "--json", "--key", old))
    assert (found["verdict"], found["signed_by"]) == ("same", old)
    new = tmp_path / "new.receipt"
    restored.ok("receipt", "figures", "--output", str(new))
    assert json.loads(restored.ok("receipt", "--verify", str(new), "--json"))["signed_by"] == own
    # What the restored ledger recorded since, the one before never had.
    result = shell.run("receipt", "--verify", str(new), "--json", "--key", own)
    assert json.loads(result.stdout)["reasons"][0]["rule"] == "other_log"
