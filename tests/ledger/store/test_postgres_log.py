"""A log in PostgreSQL: what the database itself refuses, who may do what, and what is lost with a connection."""

import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from eventsourcing.application import LocalNotificationLog

from ledger import Ledger, Refused, StoreBusy, StoreError, log_is_there
from ledger.store import open_store
from ledger.store.postgres.log_address import LogAddress
from ledger.store.postgres.outbox import AHEAD, TURN
from ledger.store.postgres.postgres_log import PostgresLog
from tests.contracts.test_log_store import entry, filled
from tests.ledger.conftest import WORLD, figure
from tests.lost_connections import CutLine
from tests.postgres import ROLE, Cluster, cluster, log_address, needed_binaries, schema_of

REPLACED = (
    "INSERT INTO stored_events SELECT {position}, {event_id}, originator_id, {version}, topic, recorded_at{later}, "
    "recorded_by, digest, '{{}}'::bytea FROM stored_events WHERE position = 3"
)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return log_address(tmp_path)


@pytest.fixture
def book(address: str) -> Iterator[Ledger]:
    made = Ledger(address)
    made.append([*WORLD, figure()], request=("key", b"hash"))
    yield made
    made.close()


@pytest.fixture
def somebody(book: Ledger, tmp_path: Path) -> Iterator[Any]:
    """A connection of the owner of the tables, who is asked to be careful by nobody."""
    with cluster().connected(schema_of(tmp_path)) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = '{}' WHERE position = 3",
        "UPDATE stored_events SET state = '', digest = '' WHERE position = 3",
        "UPDATE stored_events SET recorded_at = recorded_at - 1",
        "DELETE FROM stored_events WHERE position = 3",
        "TRUNCATE stored_events CASCADE",
        REPLACED.format(position="12", event_id="''", version="7", later=" + 1000000000000"),
        REPLACED.format(position="0", event_id="''", version="7", later=""),
        REPLACED.format(position="11", event_id="''", version="7", later=" - 1000000000000"),
        "UPDATE requests SET answer = '{}'",
        "DELETE FROM requests",
        "TRUNCATE requests",
        "INSERT INTO requests VALUES ('key', '', 1, '{}') ON CONFLICT (key) DO UPDATE SET answer = '{}'",
        "UPDATE identity SET id = 'another'",
        "DELETE FROM identity",
        "UPDATE signing_secret SET seed = ''",
        "DELETE FROM leaves",
        "UPDATE leaves SET salt = NULL",
        "UPDATE request_chain SET hash = ''",
        "DELETE FROM request_chain",
        "INSERT INTO recorders (first_position, ledger) VALUES (10, 'another')",
        "INSERT INTO erasures VALUES (3, 10)",
    ],
)
def test_the_log_takes_no_change_from_its_owner_either(book: Ledger, somebody: Any, statement: str) -> None:
    import psycopg

    before = somebody.execute("SELECT * FROM stored_events").fetchall()
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        somebody.execute(statement)
    assert somebody.execute("SELECT * FROM stored_events").fetchall() == before
    assert book.verify().faults == ()


@pytest.mark.parametrize(("event_id", "version"), [("event_id", "7"), ("''", "originator_version")])
def test_no_event_and_no_version_comes_twice(book: Ledger, somebody: Any, event_id: str, version: str) -> None:
    import psycopg

    statement = REPLACED.format(position="11", event_id=event_id, version=version, later=" + 1000000000000")
    with pytest.raises(psycopg.errors.UniqueViolation):
        somebody.execute(statement)


def test_what_something_else_appended_is_seen_when_the_log_is_opened(address: str, book: Ledger, somebody: Any) -> None:
    somebody.execute(REPLACED.format(position="11", event_id="''", version="7", later=" + 1000000000000"))
    with Ledger(address) as again:
        assert again.doubt is not None


def test_a_trigger_that_is_switched_off_is_a_fault(book: Ledger, somebody: Any) -> None:
    somebody.execute("ALTER TABLE stored_events DISABLE TRIGGER stored_events_never_update")
    assert "stored_events_never_update" in book.verify().faults[0].detail


GUARD_GONE = {
    "gone": "DROP TRIGGER stored_events_never_update ON stored_events",
    "gone with what it ran": "DROP FUNCTION check_gapless CASCADE",
    "one that never runs": "DROP TRIGGER requests_never_delete ON requests; CREATE TRIGGER requests_never_delete "
    "BEFORE DELETE ON requests FOR EACH ROW WHEN (OLD.key IS NULL) EXECUTE FUNCTION refuse_change()",
    "one that runs another": "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
    "CREATE OR REPLACE TRIGGER tiles_never_change BEFORE DELETE ON tiles FOR EACH STATEMENT EXECUTE FUNCTION nothing()",
    "another function": "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN NULL; END'",
}


@pytest.mark.parametrize("done", GUARD_GONE)
def test_a_guard_that_is_not_as_it_was_made_is_a_fault(book: Ledger, somebody: Any, done: str) -> None:
    assert book.verify().faults == ()
    somebody.execute(GUARD_GONE[done])
    faults = book.verify().faults
    assert faults
    for fault in faults:
        assert fault.position is None
        assert "anybody may have changed what it guards; make it again" in fault.detail


def test_the_library_reads_the_log_and_appends_nothing(book: Ledger) -> None:
    assert isinstance(book.log, PostgresLog)
    section = LocalNotificationLog(book.log, section_size=4)["2,5"]
    assert [one.id for one in section.items] == [2, 3, 4, 5]
    with pytest.raises(StoreError, match=r"through Ledger\.append"):
        book.log.insert_events([])


def roles(schema: str) -> Iterator[str]:
    """The statements of the script of roles, as psql would send them."""
    text = files("ledger.store.postgres").joinpath("roles.sql").read_text(encoding="utf-8")
    lines = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("--", "\\")))
    for name, value in (("schema", schema), ("writer", f"{schema}_w"), ("reader", f"{schema}_r")):
        lines = lines.replace(f':"{name}"', f'"{value}"')
    yield from lines.split(";")


def test_a_writer_by_grants_can_record_and_erase_and_a_reader_can_read_and_sign_nothing(
    book: Ledger, somebody: Any, tmp_path: Path
) -> None:
    import psycopg

    schema = schema_of(tmp_path)
    for role in (f"{schema}_w", f"{schema}_r"):
        somebody.execute(f"CREATE ROLE {role} LOGIN")
    for statement in roles(schema):
        if statement.strip():
            somebody.execute(statement)
    with Ledger(cluster().address(schema, role=f"{schema}_w")) as writer:
        recorded = writer.append([figure("7", period="2022", note="a secret")], request=("other", b"hash"))
        writer.erase(recorded.items[0]["event_id"], reason="personal_data", explanation="They asked for it.")
        assert not writer.log.erased.is_scrubbed, "only the owner can write the tables anew"
        with pytest.raises(StoreError, match="only the owner"):
            writer.scrub()
    for statement in ("DELETE FROM metrics", "UPDATE tree SET size = size"):
        with cluster().connected(schema, role=f"{schema}_w") as connection:
            connection.execute(statement)
    for statement in (
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "UPDATE stored_events SET topic = 'x'",
        "ALTER TABLE stored_events DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DELETE FROM requests",
        "UPDATE identity SET id = ''",
        "DROP TABLE tiles",
    ):
        with (
            cluster().connected(schema, role=f"{schema}_w") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)
    with Ledger(cluster().address(schema, role=f"{schema}_r")) as reader:
        assert reader.head() == book.head()
        assert [entry.position for entry in reader.entries()] == list(range(1, book.head() + 1))
        with pytest.raises(StoreError, match="permission denied"):
            reader.append([figure("8", period="2021")])
        with pytest.raises(StoreError, match="permission denied"):
            reader.proofs.checkpoint()
    assert book.verify().faults == ()
    with Ledger(cluster().address(schema)) as owner:
        assert owner.log.erased.is_scrubbed, "the owner does it when it opens the log"


def test_no_byte_of_an_erased_text_is_left_in_the_tables() -> None:
    own = Cluster(needed_binaries())
    try:
        with Ledger(own.address("erased")) as book:
            book.append(WORLD)
            secret = "a secret that nobody guesses"
            recorded = book.append([figure("271828", note=secret)], request=("key", b"hash"))
            with own.connected() as connection:
                connection.execute("CHECKPOINT")
            assert files_with(own, secret)
            book.erase(recorded.items[0]["event_id"], reason="personal_data", explanation="They asked for it.")
            assert book.log.erased.is_scrubbed
            with own.connected() as connection:
                connection.execute("CHECKPOINT")
            assert files_with(own, secret) == []
            assert book.verify().faults == ()
    finally:
        own.remove()


def files_with(place: Cluster, text: str) -> list[Path]:
    """The files of the tables in which a text lies."""
    there = (place.folder / "data" / "base").rglob("*")
    return [path for path in there if path.is_file() and text.encode() in path.read_bytes()]


def test_all_servers_on_a_log_sign_with_one_key(address: str, book: Ledger) -> None:
    with Ledger(address) as other:
        assert other.proofs.key.verifier.text() == book.proofs.key.verifier.text()
        other.append([figure("2", period="2022")])
        assert other.verify(checkpoints=[(book.proofs.checkpoint().encoded(), [])]).faults == ()
        assert book.identity == other.identity


def test_servers_that_start_together_make_one_log(address: str) -> None:
    found: list[str] = []

    def start() -> None:
        with Ledger(address) as made:
            found.append(made.identity)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_whether_there_is_a_log_is_asked_without_making_one(address: str, tmp_path: Path) -> None:
    assert not log_is_there(address)
    assert not log_is_there(address)
    Ledger(address).close()
    assert log_is_there(address)


def test_what_the_role_has_by_default_changes_nothing(address: str, book: Ledger, somebody: Any) -> None:
    role = f"odd_{schema_of(Path(address))}"
    somebody.execute(f"CREATE ROLE {role} LOGIN SUPERUSER")
    for setting in (
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "statement_timeout = '1ms'",
        "synchronous_commit = off",
        "bytea_output = 'escape'",
        "DateStyle = 'German'",
        "client_encoding = 'LATIN1'",
        "search_path = 'pg_catalog'",
        "standard_conforming_strings = off",
    ):
        somebody.execute(f"ALTER ROLE {role} SET {setting}")
    with Ledger(address.replace(f"//{ROLE}@", f"//{role}@")) as odd:
        odd.append([figure("2", period="2022", note="Zoë 漢 \U0001f600")], recorded_by="Zoë")
        book.append([figure("3", period="2021")])
        odd.append([figure("4", period="2020")])
        entries = list(odd.entries())
        assert entries == list(book.entries())
        assert (entries[-3].recorded_by, entries[-3].body["note"]) == ("Zoë", "Zoë 漢 \U0001f600")
        assert "synchronous_commit=on" in odd.log.durability()[1]
        assert odd.verify().faults == ()


@pytest.mark.parametrize("fields", [{"recorded_by": "a\0b"}, {"request": ("a\0b", b"hash")}])
def test_a_name_that_no_database_keeps_is_refused_alone(book: Ledger, fields: dict[str, Any]) -> None:
    head = book.head()
    with pytest.raises(Refused, match=r"U\+0000"):
        book.append([figure("2", period="2022")], **fields)
    assert book.head() == head


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://[::1", "no address"),
        ("postgresql:///db?nosuch=1", "nosuch"),
        ("postgresql:///db?schema=", "a schema has a name"),
        ("postgresql:///db?schema=pg_x", "a schema has a name"),
        (f"postgresql:///db?schema={'x' * 64}", "a schema has a name"),
        ("postgresql:///db?host=/nonexistent", "cannot be reached"),
        ("postgresql://someone:hidden@127.0.0.1:1/db", "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_says_so_without_its_password(address: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as error:
        open_store(address)
    assert "hidden" not in str(error.value)


def test_an_address_is_what_libpq_knows_and_a_schema() -> None:
    parsed = LogAddress.parse("postgres://me@/facts?host=%2Frun%2Fx&schema=Rare%20earths&connect_timeout=3")
    assert parsed.schema == "Rare earths"
    assert parsed.connection["dbname"] == "facts"
    assert parsed.connection["host"] == "/run/x"
    assert parsed.connection["connect_timeout"] == "3"
    assert LogAddress.parse("postgresql://h/d").schema == "supply_ledger"


@pytest.mark.parametrize(
    ("role", "database", "said"),
    [
        ("nobody_of_that_name", "postgres", "correct the role, the password or the name"),
        (ROLE, "no_database", "correct the role, the password or the name"),
        (f"{ROLE}_shut_out", "postgres", "correct the role, the password or the name"),
        (f"{ROLE}_without_grants", "postgres", "may not use the schema"),
        (f"{ROLE}_without_tables", "postgres", "as a role to which `roles.sql` grants it"),
    ],
)
def test_who_may_not_use_a_log_is_told_what_to_do(
    book: Ledger, somebody: Any, tmp_path: Path, role: str, database: str, said: str
) -> None:
    for name in (f"{ROLE}_shut_out", f"{ROLE}_without_grants", f"{ROLE}_without_tables"):
        somebody.execute(f"DROP ROLE IF EXISTS {name}")
        somebody.execute(f"CREATE ROLE {name} {'NOLOGIN' if name.endswith('out') else 'LOGIN'}")
    schema = schema_of(tmp_path)
    somebody.execute(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}_without_tables")
    address = cluster().address(schema, role=role).replace("/postgres?", f"/{database}?")
    with pytest.raises(StoreError, match=said) as error:
        open_store(address)
    assert "try again" not in str(error.value)
    somebody.execute(f"REVOKE USAGE ON SCHEMA {schema} FROM {ROLE}_without_tables")


def test_who_may_make_no_log_is_told_that_there_is_none(book: Ledger, somebody: Any, tmp_path: Path) -> None:
    role = f"{ROLE}_that_makes_nothing"
    somebody.execute(f"CREATE ROLE {role} LOGIN")
    with pytest.raises(StoreError, match=f"there is no log in the schema misspelt, and the role {role} may not make"):
        open_store(cluster().address("misspelt", role=role))


def test_a_standby_is_read_and_says_that_it_takes_no_writes() -> None:
    own = Cluster(needed_binaries())
    standby = None
    try:
        with Ledger(own.address("log")) as book:
            book.append([*WORLD, figure()])
            standby = own.standby()
            with Ledger(standby.address("log")) as copy:
                assert list(copy.entries()) == list(book.entries())
                assert copy.verify().faults == ()
                with pytest.raises(StoreError, match="takes no writes; if it is a standby, name its primary"):
                    copy.append([figure("2", period="2022")])
            with pytest.raises(StoreError, match="takes no writes; if it is a standby, name its primary"):
                open_store(standby.address("another"))
    finally:
        if standby is not None:
            standby.remove()
        own.remove()


def test_a_database_that_keeps_no_unicode_is_refused() -> None:
    with cluster().connected() as connection:
        connection.execute("DROP DATABASE IF EXISTS plain")
        connection.execute("CREATE DATABASE plain ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(StoreError, match="UTF8"):
        open_store(cluster().address("any").replace("/postgres?", "/plain?"))


def test_a_log_of_a_later_form_is_left_alone(address: str, book: Ledger, somebody: Any) -> None:
    somebody.execute("UPDATE log_form SET form = 99")
    with pytest.raises(StoreError, match="form 99"):
        open_store(address)


def end_backends(connection: Any) -> int:
    """End every connection of a log, as an administrator, or a restart, does; how many there were."""
    rows = connection.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE application_name = 'supply-ledger' AND pid <> pg_backend_pid()"
    ).fetchall()
    return len(rows)


def test_who_reads_and_who_appends_go_on_after_their_connections_were_ended(book: Ledger, somebody: Any) -> None:
    assert end_backends(somebody)
    assert book.head() == len(WORLD) + 1
    assert end_backends(somebody)
    book.append([figure("2", period="2022")])
    assert end_backends(somebody)
    assert len(list(book.log.blocks(after=0, until=book.head()))) == 1


def test_a_connection_that_is_lost_within_a_transaction_takes_it_all_back(book: Ledger, somebody: Any) -> None:
    head = book.head()

    def write() -> None:
        with book.log.writing():
            filled_at = book.log.head()
            book.log.fix_metric("lost", ("mass", filled_at))
            end_backends(somebody)
            book.log.fix_metric("lost too", ("mass", filled_at))

    with pytest.raises(StoreBusy, match="nothing was recorded"):
        write()
    assert "lost" not in book.log.metrics()
    assert book.append([figure("2", period="2022")]).position == head + 1


def test_a_transaction_that_is_left_alone_ends_and_keeps_nobody_waiting(book: Ledger, somebody: Any) -> None:
    def write() -> None:
        with book.log.writing():
            book.log.fix_metric("lost", ("mass", 1))
            assert isinstance(book.log, PostgresLog)
            book.log.datastore.fetch("SELECT set_config('idle_in_transaction_session_timeout', '1ms', true)")
            # The turn is had here as soon as the other transaction, which has it, was ended by the database.
            somebody.execute("BEGIN")
            somebody.execute(TURN)
            somebody.execute("ROLLBACK")
            book.log.fix_metric("lost too", ("mass", 1))

    with pytest.raises(StoreBusy, match="nothing was recorded"):
        write()
    assert "lost" not in book.log.metrics()
    assert book.append([figure("2", period="2022")]).position == len(WORLD) + 2


@pytest.fixture
def line(tmp_path: Path) -> Iterator[CutLine]:
    with CutLine(tmp_path, cluster().folder) as made:
        yield made


@pytest.fixture
def far(address: str, line: CutLine) -> Iterator[Ledger]:
    """A ledger whose way to the database can be cut."""
    with Ledger(address.replace(quote(str(cluster().folder), safe=""), quote(str(line.folder), safe=""))) as made:
        made.append(WORLD)
        yield made


@pytest.mark.parametrize("key", [None, "key"], ids=["", "with an idempotency key"])
def test_an_append_makes_few_journeys_to_the_database(far: Ledger, line: CutLine, key: str | None) -> None:
    """Once its statements are prepared: one to begin, one each for what was said before and by whom, one to commit."""
    made = []
    for number in range(12):
        before = line.journeys
        request = None if key is None else (f"{key} {number}", b"hash")
        far.append([figure(str(number), period=str(1900 + number))], request=request)
        made.append(line.journeys - before)
    assert made[-1] <= (4 if key is None else 5), made
    assert far.verify().faults == ()


def test_a_row_that_the_database_refuses_is_refused_with_the_commit_and_nothing_is_kept(book: Ledger) -> None:
    head, metrics = book.head(), book.log.metrics()

    def write() -> None:
        with book.log.writing():
            book.log.fix_metric("before", ("mass", 1))
            book.log.keep_request("twice", digest=b"", position=1, answer="{}")
            book.log.keep_request("twice", digest=b"", position=1, answer="{}")
            book.log.fix_metric("after", ("mass", 1))

    with pytest.raises(StoreError, match="twice"):
        write()
    assert (book.head(), book.log.metrics(), book.log.request("twice")) == (head, metrics, None)
    assert book.append([figure("2", period="2022")]).position == head + 1
    assert book.verify().faults == ()


def test_what_is_known_without_asking_is_what_the_database_says(tmp_path: Path) -> None:
    log = open_store(log_address(tmp_path))
    assert isinstance(log, PostgresLog)
    for count in (1, 3, 300):  # rows that wait, and rows that are copied
        with log.writing():
            head = log.head()
            log.append([entry(head + number) for number in range(1, count + 1)])
            log.keep_request(f"key {count}", digest=b"", position=1, answer="{}")
            known = {sql: log.datastore.fetch(sql) for sql in AHEAD}
            log.savepoint()  # what comes after it may be undone, so that everything is asked
            assert {sql: log.datastore.fetch(sql) for sql in AHEAD} == known
            log.release()
    log.close()


def test_a_commit_that_was_done_is_acknowledged_though_its_answer_was_lost(far: Ledger, line: CutLine) -> None:
    for number in range(5):
        line.cut_after.set()
        receipt = far.append([figure(str(number), period=f"200{number}")], request=(f"key {number}", b"hash"))
        assert receipt.position == len(WORLD) + number + 1
        assert not receipt.replayed
        assert line.cuts == number + 1
    assert far.head() == len(WORLD) + 5
    assert far.verify().faults == ()


def test_a_commit_that_never_came_is_not_acknowledged_and_can_be_sent_again(far: Ledger, line: CutLine) -> None:
    line.cut_before.set()
    with pytest.raises(StoreBusy, match="nothing was recorded"):
        far.append([figure()], request=("key", b"hash"))
    assert line.cuts == 1
    assert far.head() == len(WORLD)
    assert far.append([figure()], request=("key", b"hash")).position == len(WORLD) + 1


def test_a_transaction_without_events_is_settled_too(far: Ledger, line: CutLine) -> None:
    line.cut_after.set()
    far.log.fix_metric("kept", ("mass", 1))
    line.cut_before.set()
    with pytest.raises(StoreBusy):
        far.log.fix_metric("lost", ("mass", 1))
    assert (line.cuts, set(far.log.metrics())) == (2, {"kept"})


def test_a_database_that_is_started_anew_is_found_again() -> None:
    own = Cluster(needed_binaries(), fsync="on")
    try:
        with Ledger(own.address("anew")) as book:
            book.append(WORLD)
            for mode in ("fast", "immediate"):
                acknowledged = book.append([figure(period="2022" if mode == "fast" else "2021")]).position
                own.stop(mode)
                with pytest.raises(StoreBusy, match="cannot be reached"):
                    book.head()
                with pytest.raises(StoreBusy):
                    book.append([figure(period="2020")])
                own.start()
                assert book.head() == acknowledged
            assert book.append([figure(period="2019")]).position == acknowledged + 1
            assert book.verify().faults == ()
    finally:
        own.remove()


def test_a_log_that_is_filled_is_read_by_everybody(address: str) -> None:
    log = open_store(address)
    entries = filled(log)
    others = [open_store(address) for _ in range(2)]
    assert all(other.at_positions(range(1, 8)) == entries for other in others)
    for one in (log, *others):
        one.close()
