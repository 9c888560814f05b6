"""Keys are made, replaced and withdrawn in a file, and what is done to one holds for whoever looks next."""

import hmac
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from api.keys.key_check import Holder, KeyCheck, KeyUnknown
from api.keys.key_file import KeyFile, KeyRefused, KeysUnreadable, now_us
from api.keys.key_text import KEY_TEXT, LENGTH, PREFIX, digest_of, new_key_text, without_keys
from api.keys.scopes import ADMIN, APPEND, READ
from tests.places import ROOT

HOUR_US = 3600 * 1_000_000


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.db")


@pytest.fixture
def check(keys: KeyFile) -> KeyCheck:
    return KeyCheck(keys.path)


def why_not(check: KeyCheck, text: str) -> str:
    with pytest.raises(KeyUnknown) as refused:
        check.holder(text)
    return str(refused.value)


def test_a_key_has_256_random_bits_and_is_kept_as_its_hash_alone(keys: KeyFile) -> None:
    texts = {keys.create(f"key-{number}", frozenset({READ})) for number in range(20)}
    assert len(texts) == 20
    for text in texts:
        assert KEY_TEXT.fullmatch(text)
        assert (text[: len(PREFIX)], len(text)) == (PREFIX, LENGTH)
    for path in keys.path.parent.iterdir():
        raw = path.read_bytes()
        assert not [text for text in texts if text.encode() in raw or text[len(PREFIX) :].encode() in raw], path
    with closing(sqlite3.connect(keys.path)) as file, file:
        kept = {digest for (digest,) in file.execute("SELECT digest FROM secrets")}
    assert kept == {digest_of(text) for text in texts}


def test_only_its_owner_may_read_the_file(keys: KeyFile) -> None:
    keys.create("reader", frozenset({READ}))
    with closing(sqlite3.connect(keys.path)) as open_file, open_file:
        open_file.execute("SELECT * FROM keys").fetchall()
        modes = {file.name: file.stat().st_mode & 0o777 for file in keys.path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    keys.path.chmod(0o644)
    keys.create("other", frozenset({READ}))
    assert keys.path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_its_holders_name_and_scopes(keys: KeyFile, check: KeyCheck) -> None:
    assert not check.are_asked_for()
    reader = keys.create("reader", frozenset({READ}))
    operator = keys.create("operator", frozenset({ADMIN}))
    assert check.are_asked_for()
    assert check.holder(reader) == Holder("reader", frozenset({READ}))
    assert check.holder(operator) == Holder("operator", frozenset({READ, APPEND, ADMIN}))


@pytest.mark.parametrize("text", ["", "slk_", "reader", "slk_" + "a" * 42, "slk_" + "a" * 44, "slk_" + "é" * 43])
def test_what_is_no_key_opens_nothing(keys: KeyFile, check: KeyCheck, text: str) -> None:
    keys.create("reader", frozenset({READ}))
    assert why_not(check, text) == "This is no key of a ledger: one begins with slk_ and has 47 characters."


def test_another_key_opens_nothing_though_half_of_its_hash_were_equal(keys: KeyFile, check: KeyCheck) -> None:
    text = keys.create("reader", frozenset({READ}))
    other = new_key_text()
    assert why_not(check, other) == "This key is not known here."
    digest = digest_of(other)
    half_equal = digest[:16] + bytes(byte ^ 1 for byte in digest[16:])
    with closing(sqlite3.connect(keys.path)) as file, file:
        file.execute("INSERT INTO secrets VALUES (?, ?, 'reader', 0, NULL)", (half_equal, half_equal[:16]))
    assert why_not(check, other) == "This key is not known here."
    assert check.holder(text).name == "reader"


def test_hashes_are_compared_in_constant_time(keys: KeyFile, check: KeyCheck, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    compare = hmac.compare_digest

    def noting(kept: bytes, sent: bytes) -> bool:
        compared.append((kept, sent))
        return bool(compare(kept, sent))

    monkeypatch.setattr(hmac, "compare_digest", noting)
    text = keys.create("reader", frozenset({READ}))
    check.holder(text)
    check.holder(text)
    assert compared == [(digest_of(text), digest_of(text))] * 2


def test_a_revocation_holds_for_the_next_look_and_for_ever(keys: KeyFile, check: KeyCheck) -> None:
    text = keys.create("reader", frozenset({READ}))
    others = [KeyCheck(keys.path) for _ in range(3)]
    for one in (check, *others):
        assert one.holder(text).name == "reader"
    keys.revoke("reader")
    for one in (check, *others):
        assert why_not(one, text) == "This key was revoked."
    with pytest.raises(KeyRefused, match="is revoked already"):
        keys.revoke("reader")
    with pytest.raises(KeyRefused, match="is revoked, for ever"):
        keys.rotate("reader")
    assert why_not(check, text) == "This key was revoked."
    assert check.are_asked_for()


def test_what_another_process_does_holds_for_the_next_look(keys: KeyFile, check: KeyCheck) -> None:
    text = keys.create("reader", frozenset({READ}))
    assert check.holder(text).name == "reader"
    command = [sys.executable, "-m", "api", "keys", "revoke", "reader", "--data", str(keys.path.parent)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    assert why_not(check, text) == "This key was revoked."


def test_a_name_is_given_once_and_for_ever(keys: KeyFile) -> None:
    keys.create("reader", frozenset({READ}))
    with pytest.raises(KeyRefused, match="a name is never given again"):
        keys.create("reader", frozenset({ADMIN}))
    keys.revoke("reader")
    with pytest.raises(KeyRefused, match="a name is never given again"):
        keys.create("reader", frozenset({READ}))
    with closing(sqlite3.connect(keys.path)) as file, file:
        for statement in (
            "DELETE FROM keys",
            "UPDATE keys SET name = 'x'",
            "UPDATE keys SET revoked_at = NULL",
            "UPDATE keys SET scopes = 'admin'",
            "DELETE FROM changes",
            "UPDATE changes SET name = 'x'",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                file.execute(statement)


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a-", ".", "a/b", "é", "a\n", "a" * 65, "local", "anonymous"])
def test_a_name_is_a_plain_word(keys: KeyFile, name: str) -> None:
    with pytest.raises(KeyRefused, match="cannot be a key's name"):
        keys.create(name, frozenset({READ}))
    assert not keys.is_there()


def test_names_of_the_usual_kinds_are_taken(keys: KeyFile) -> None:
    for name in ("a", "7", "usgs-feeder", "jane.doe", "team_2", "a" * 64):
        keys.create(name, frozenset({READ}))
    assert len(keys.listed()) == 6


def test_an_expired_key_opens_nothing_until_it_is_rotated(
    keys: KeyFile, check: KeyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = keys.create("reader", frozenset({READ}), expires_at=now_us() + HOUR_US)
    assert check.holder(text).name == "reader"
    later = now_us() + 2 * HOUR_US
    for module in ("key_check", "key_file"):
        monkeypatch.setattr(f"api.keys.{module}.now_us", lambda: later)
    assert why_not(check, text) == "This key has expired."
    assert [key.state(later) for key in keys.listed()] == ["expired"]
    with pytest.raises(KeyRefused, match="has expired: say --expires"):
        keys.rotate("reader")
    renewed = keys.rotate("reader", expires_at=later + HOUR_US)
    assert check.holder(renewed).name == "reader"
    with pytest.raises(KeyRefused, match="That is past"):
        keys.create("late", frozenset({READ}), expires_at=later)


def test_after_a_rotation_the_old_secret_opens_it_as_long_as_was_said(
    keys: KeyFile, check: KeyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = keys.create("reader", frozenset({READ, APPEND}))
    second = keys.rotate("reader", grace_us=HOUR_US)
    assert check.holder(first) == check.holder(second) == Holder("reader", frozenset({READ, APPEND}))
    assert [key.secrets for key in keys.listed()] == [2]
    third = keys.rotate("reader")
    assert why_not(check, second) == "This key was replaced by a new one."
    assert why_not(check, first) == "This key was replaced by a new one."
    assert check.holder(third).name == "reader"
    fourth = keys.rotate("reader", grace_us=HOUR_US)
    later = now_us() + HOUR_US
    monkeypatch.setattr("api.keys.key_check.now_us", lambda: later)
    assert why_not(check, third) == "This key was replaced by a new one."
    assert check.holder(fourth).name == "reader"


def test_nothing_is_done_to_a_key_that_is_not_there(keys: KeyFile) -> None:
    for act in (keys.rotate, keys.revoke):
        with pytest.raises(KeyRefused, match="There are no keys yet"):
            act("reader")
    assert not keys.is_there()
    keys.create("reader", frozenset({READ}))
    for act in (keys.rotate, keys.revoke):
        with pytest.raises(KeyRefused, match="There is no key 'writer'"):
            act("writer")


def test_a_file_that_cannot_be_read_lets_nobody_in(keys: KeyFile, check: KeyCheck) -> None:
    text = keys.create("reader", frozenset({READ}))
    keys.path.write_bytes(b"no database" * 1000)
    for suffix in ("-wal", "-shm"):
        keys.path.with_name(keys.path.name + suffix).unlink(missing_ok=True)
    with pytest.raises(KeysUnreadable):
        check.holder(text)
    with pytest.raises(KeysUnreadable):
        keys.listed()
    assert check.are_asked_for()


def test_a_file_that_has_gone_lets_nobody_in_and_another_in_its_place_counts(
    keys: KeyFile, check: KeyCheck, tmp_path: Path
) -> None:
    text = keys.create("reader", frozenset({READ}))
    assert (check.are_asked_for(), check.holder(text).name) == (True, "reader")
    other = KeyFile(tmp_path / "other" / "keys.db")
    new = other.create("reader", frozenset({READ}))
    keys.path.unlink()
    with pytest.raises(KeysUnreadable):
        check.holder(text)
    assert check.are_asked_for()
    other.path.rename(keys.path)
    assert why_not(check, text) == "This key is not known here."
    assert check.holder(new).name == "reader"


def test_an_empty_file_of_keys_is_no_open_door(keys: KeyFile, check: KeyCheck) -> None:
    keys.path.touch()  # as it is if a machine stops in the moment of the first key
    assert check.are_asked_for()
    with pytest.raises(KeysUnreadable):
        check.holder(new_key_text())
    text = keys.create("reader", frozenset({READ}))
    assert check.holder(text).name == "reader"


def test_what_is_done_to_keys_is_told_once(keys: KeyFile, check: KeyCheck) -> None:
    text = keys.create("reader", frozenset({READ}))
    check.holder(text)
    assert check.changes() == []  # what was before the server came is not news
    keys.create("writer", frozenset({APPEND, READ}))
    keys.rotate("reader", grace_us=HOUR_US)
    keys.revoke("writer")
    check.holder(text)
    told = [(change.action, change.name, change.detail) for change in check.changes()]
    assert told == [
        ("create", "writer", "read,append"),
        ("rotate", "reader", "the old secret ends 3600 s later"),
        ("revoke", "writer", ""),
    ]
    check.holder(text)
    assert check.changes() == []


def test_a_look_reads_no_more_of_the_file_than_that_it_has_not_changed(keys: KeyFile, check: KeyCheck) -> None:
    texts = [keys.create(f"key-{number}", frozenset({READ})) for number in range(30)]
    statements: list[str] = []
    check.holder(texts[0])
    assert check._file is not None
    check._file.set_trace_callback(statements.append)
    for _ in range(10):
        check.holder(texts[0])
    assert statements == ["PRAGMA data_version"] * 10
    statements.clear()
    keys.revoke("key-1")
    check.holder(texts[0])
    assert len(statements) == 2, "after a change, one look for the one key that is asked for"


def test_keys_that_are_made_at_once_are_all_made(keys: KeyFile) -> None:
    made: list[str] = []

    def make(number: int) -> Callable[[], None]:
        return lambda: made.append(keys.create(f"key-{number}", frozenset({READ})))

    threads = [threading.Thread(target=make(number)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(keys.listed()) == 12
    check = KeyCheck(keys.path)
    assert {check.holder(text).name for text in made} == {f"key-{number}" for number in range(12)}


def test_no_key_is_left_in_a_text() -> None:
    text = new_key_text()
    assert without_keys(f"Bearer {text}, and {text}.") == "Bearer slk_…, and slk_…."
    assert without_keys("slk_short stays") == "slk_short stays"
