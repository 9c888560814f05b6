"""The contract of a log store: one suite, and every store passes it.

A new store is added to STORES: a function that gives a location for it, from a folder of its own. `reopens` says
whether the log is still there after it was closed.
"""

import json
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

import pytest

from ledger import Entry, LedgerDamaged, LogStore, StoreError
from ledger.codec.entry import NEXT_VERSION
from ledger.proof.merkle import EMPTY_ROOT, root_of
from ledger.store import open_store
from ledger.store.answered_requests import link
from ledger.store.protocol import AnsweredRequest
from tests.postgres import log_address

NAMESPACE = UUID("00000000-0000-4000-8000-000000000000")


class Place(NamedTuple):
    """Where a store keeps a log."""

    location: Callable[[Path], str]
    reopens: bool


STORES = {
    "sqlite file": Place(lambda folder: str(folder / "ledger.db"), reopens=True),
    "sqlite memory": Place(lambda folder: ":memory:", reopens=False),
    "postgres": Place(log_address, reopens=True),
}


@pytest.fixture(params=list(STORES.values()), ids=list(STORES))
def place(request: pytest.FixtureRequest) -> Place:
    made: Place = request.param
    return made


@pytest.fixture
def log(place: Place, tmp_path: Path) -> Iterator[LogStore]:
    made = open_store(place.location(tmp_path))
    yield made
    made.close()


def stream(name: str) -> bytes:
    return uuid5(NAMESPACE, name).bytes


def event(position: int) -> bytes:
    return uuid5(NAMESPACE, f"event {position}").bytes


def entry(position: int, *, of: str = "a", type: str = "QuotaSet", at: int = 1000, **fields: object) -> Entry:
    """An entry that no store has numbered within its stream yet."""
    state = b'{"note":"%d"}' % position
    return Entry(position, event(position), stream(of), type, at + position, "Zoë", b"digest", state)._replace(**fields)  # type: ignore[arg-type]


def filled(log: LogStore) -> list[Entry]:
    """Seven entries of three streams, as the log gives them back."""
    log.append([entry(1), entry(2, of="b"), entry(3, type="MoUSigned")])
    log.append([entry(4), entry(5, of="c"), entry(6, of="b", at=999), entry(7, of="b")])
    versions = [1, 1, 2, 3, 1, 2, 3]
    types = {3: "MoUSigned"}
    return [
        entry(
            position,
            of=of,
            type=types.get(position, "QuotaSet"),
            at=999 if position == 6 else 1000,
            stream_version=version,
        )
        for position, (of, version) in enumerate(zip("abaacbb", versions, strict=True), start=1)
    ]


def test_an_empty_log_has_head_0_and_nothing_in_it(log: LogStore) -> None:
    assert log.head() == 0
    assert log.position_at(2**60) == 0
    assert log.at_positions([1, 2]) == log.with_event_ids([event(1)]) == log.stream(stream("a")) == []
    assert log.known([event(1)]) == {}
    assert log.streams([stream("a")], last=9) == {}
    assert log.stream_heads([stream("a")]) == {}
    assert list(log.of_other_types(["MoUSigned"], after=0, until=9)) == []
    assert list(log.mentioning("1", types=["QuotaSet"])) == []
    assert list(log.blocks(after=0, until=9)) == []
    assert log.request("key") is None
    assert log.metrics() == {}


def test_entries_come_back_as_they_were_written_numbered_within_their_streams(log: LogStore) -> None:
    entries = filled(log)
    assert log.head() == 7
    assert log.at_positions([7, 1, 99, 3]) == [entries[0], entries[2], entries[6]]
    assert log.at_positions(range(1, 8)) == entries
    assert log.with_event_ids([event(5), event(2), event(50)]) == [entries[1], entries[4]]
    assert log.known([event(4), event(50)]) == {event(4): entries[3]._replace(state=b"")}
    assert log.stream(stream("a")) == [entries[0], entries[2], entries[3]]
    assert log.stream(stream("a"), limit=2) == [entries[0], entries[2]]
    assert log.stream(stream("a"), types=["MoUSigned", "Other"]) == [entries[2]]
    assert log.streams([stream("b"), stream("c"), stream("none")], last=9) == {
        stream("b"): [entries[1], entries[5], entries[6]],
        stream("c"): [entries[4]],
    }
    assert log.streams([stream("b"), stream("c")], last=2) == {
        stream("b"): [entries[5], entries[6]],
        stream("c"): [entries[4]],
    }
    assert log.stream_heads([stream("a"), stream("c"), stream("none")]) == {stream("a"): 3, stream("c"): 1}
    assert list(log.of_other_types(["QuotaSet"], after=0, until=7)) == [entries[2]]
    assert list(log.of_other_types(["MoUSigned", "Other"], after=1, until=4)) == [entries[1], entries[3]]
    assert list(log.of_other_types([], after=1, until=4)) == entries[1:4]
    assert list(log.mentioning("3", types=["MoUSigned", "QuotaSet"])) == [entries[2]]
    assert list(log.mentioning("3", types=["QuotaSet"])) == []
    assert list(log.mentioning("3", types=["MoUSigned"], after=2)) == [entries[2]]
    assert list(log.mentioning("3", types=["MoUSigned"], after=3)) == []


def test_a_thousand_ids_are_looked_up_at_once(log: LogStore) -> None:
    entries = [entry(position, of=str(position % 700)) for position in range(1, 1501)]
    log.append(entries)
    assert len(log.known([event(position) for position in range(1, 3001)])) == 1500
    assert log.stream_heads([stream(str(number)) for number in range(700)])[stream("1")] == 3
    streams = log.streams([stream("1"), stream("699")], last=9)
    assert (len(streams[stream("1")]), len(streams[stream("699")])) == (3, 2)
    assert len(log.at_positions(range(1, 1501))) == 1500
    assert len(list(log.of_other_types(["MoUSigned"], after=0, until=1500))) == 1500


def test_blocks_hold_the_log_column_by_column(log: LogStore) -> None:
    entries = filled(log)
    for rows_max in (1, 3, 100):
        for after, until in ((0, 7), (0, 99), (2, 5), (7, 7), (20, 30)):
            reached = after
            for block in log.blocks(after=after, until=until, rows_max=rows_max):
                rows = entries[reached : min(reached + rows_max, until)]
                assert block == (
                    reached,
                    len(rows),
                    "".join(one.event_key.hex().upper() for one in rows),
                    "".join(one.stream_key.hex().upper() for one in rows),
                    "\n".join(one.type for one in rows),
                    "\n".join(str(one.recorded_us) for one in rows),
                    "\n".join(one.recorded_by.encode().hex().upper() for one in rows),
                    b"\n".join(one.state for one in rows),
                )
                reached += block.rows
            assert reached == max(after, min(until, 7))


def test_a_moment_names_the_last_position_recorded_by_then(log: LogStore) -> None:
    filled(log)
    at = {1: 1001, 2: 1002, 3: 1003, 4: 1004, 5: 1005, 6: 1005, 7: 1007}
    for moment in range(999, 1010):
        assert log.position_at(moment) == max([0, *(position for position, then in at.items() if then <= moment)])


@pytest.mark.parametrize(
    "refused",
    [
        entry(9),
        entry(7),
        entry(8, event_key=event(2)),
        entry(8, stream_version=3),
        entry(8, at=0),
        entry(8, state=b'{"note":\t"x"}'),
        entry(8, state=b'{"note":\n"x"}'),
    ],
    ids=["a gap", "a taken position", "a taken event", "a taken version", "time going back", "a tab", "a newline"],
)
def test_what_has_no_place_is_refused_and_nothing_of_it_is_kept(log: LogStore, refused: Entry) -> None:
    entries = filled(log)
    following = entry(refused.position + 1, of="other")

    def write() -> None:
        with log.writing():
            log.fix_metric("production", ("mass", 8))
            log.append([refused, following])

    with pytest.raises(StoreError):
        write()
    assert log.at_positions(range(1, 20)) == entries
    assert log.metrics() == {}


def test_an_entry_may_say_its_version_and_else_gets_the_next(log: LogStore) -> None:
    log.append([entry(1, stream_version=1), entry(2, stream_version=NEXT_VERSION), entry(3, stream_version=3)])
    assert [one.stream_version for one in log.stream(stream("a"))] == [1, 2, 3]


def test_a_transaction_reads_what_it_wrote_and_is_undone_by_an_exception_or_without_keep(log: LogStore) -> None:
    entries = filled(log)

    def write_and_fail() -> None:
        with log.writing():
            log.append([entry(8)])
            assert log.head() == 8
            assert log.known([event(8)]).keys() == {event(8)}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with log.writing(keep=False):
        log.append([entry(8)])
        log.keep_request("key", digest=b"hash", position=8, answer="{}")
        log.fix_metric("production", ("mass", 8))
        with log.writing():
            assert log.head() == 8
    assert log.at_positions(range(1, 20)) == entries
    assert log.request("key") is None
    assert log.metrics() == {}


def test_a_savepoint_undoes_what_came_after_it_alone(log: LogStore) -> None:
    with log.writing():
        log.append([entry(1)])
        log.savepoint()
        log.append([entry(2)])
        log.undo()
        log.savepoint()
        log.append([entry(2, of="b")])
        log.release()
    assert [one.stream_key for one in log.at_positions([1, 2])] == [stream("a"), stream("b")]


def test_another_thread_sees_nothing_of_a_transaction_before_its_end(place: Place, log: LogStore) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(log.head())

    thread = threading.Thread(target=look)
    with log.writing(keep=False):
        log.append([entry(1)])
        thread.start()
        if place.reopens:  # in memory a writer may keep readers out until it has ended
            thread.join()
    thread.join()
    assert seen == [0]
    log.append([entry(1)])
    look()
    assert seen == [0, 1]


def test_a_snapshot_stays_as_it_was_and_keeps_nobody_from_writing(place: Place, tmp_path: Path) -> None:
    if not place.reopens:  # in memory whoever writes may have to wait
        return
    location = place.location(tmp_path)
    log, other = open_store(location), open_store(location)
    entries = filled(log)
    with log.snapshot():
        assert log.head() == 7
        other.append([entry(8)])
        with log.snapshot():
            assert log.head() == 7
            assert log.at_positions(range(1, 20)) == entries
            assert log.root(7) == root_of(leaves_of(log))
        assert other.head() == 8
    assert log.head() == 8
    with log.writing(), log.snapshot():
        log.append([entry(9)])
        assert log.head() == 9
    for one in (log, other):
        one.close()


def test_one_thread_writes_at_a_time(log: LogStore) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            with log.writing():
                position = log.head() + 1
                log.append([entry(position, of=str(number))])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.position for one in log.at_positions(range(1, 50))] == list(range(1, 41))
    assert set(log.stream_heads([stream(str(number)) for number in range(4)]).values()) == {10}


def test_bulk_changes_nothing_but_the_speed(log: LogStore) -> None:
    with log.bulk():
        entries = filled(log)
    assert log.at_positions(range(1, 8)) == entries
    log.append([entry(8)])
    assert log.head() == 8


def test_a_request_is_kept_once_and_for_ever(log: LogStore) -> None:
    log.keep_request("key", digest=b"hash", position=3, answer='{"items": []}')
    assert log.request("key") == (b"hash", '{"items": []}')
    with pytest.raises(StoreError):
        log.keep_request("key", digest=b"other", position=4, answer="{}")
    assert log.request("key") == (b"hash", '{"items": []}')


def test_requests_come_back_in_the_order_in_which_they_were_answered(log: LogStore) -> None:
    assert (log.request_count(), list(log.requests(after=0, until=9))) == (0, [])
    links = [log.request_link(0)]
    for number, key in enumerate(("b", "a", "c"), start=1):
        log.keep_request(key, digest=key.encode(), position=7, answer=f'{{"items": [{number}]}}')
        assert log.request_count() == number
        links.append(link(links[-1], key, key.encode(), 7, f'{{"items": [{number}]}}'))
    assert [log.request_link(number) for number in range(4)] == links
    assert len(set(links)) == 4
    requests = list(log.requests(after=0, until=3))
    assert requests == [
        AnsweredRequest(1, "b", b"b", 7, '{"items": [1]}'),
        AnsweredRequest(2, "a", b"a", 7, '{"items": [2]}'),
        AnsweredRequest(3, "c", b"c", 7, '{"items": [3]}'),
    ]
    assert list(log.requests(after=1, until=2)) == requests[1:2]
    with pytest.raises(LedgerDamaged):
        log.request_link(4)


def test_requests_of_another_log_are_kept_as_they_were(log: LogStore, place: Place, tmp_path: Path) -> None:
    for key in ("b", "a", "c"):
        log.keep_request(key, digest=b"hash", position=7, answer="{}")
    requests = list(log.requests(after=0, until=3))
    (tmp_path / "other").mkdir()
    other = open_store(place.location(tmp_path / "other"))
    other.keep_requests(requests[:2])
    other.keep_requests(requests[2:])
    assert list(other.requests(after=0, until=3)) == requests
    assert other.request_link(3) == log.request_link(3)
    assert other.request("a") == (b"hash", "{}")
    with pytest.raises(StoreError):
        other.keep_requests(requests[:1])
    assert other.request_count() == 3
    assert list(other.damage()) == []
    other.close()


def test_the_family_of_a_metric_may_be_fixed_anew_and_forgotten(log: LogStore) -> None:
    log.fix_metric("production", ("mass", 3))
    log.fix_metric("price", ("money", 4))
    log.fix_metric("production", ("mass_rate", 5))
    log.fix_metric("price", None)
    log.fix_metric("unheard", None)
    assert log.metrics() == {"production": ("mass_rate", 5)}


def test_the_forms_of_figures_may_be_noted_anew_and_forgotten(log: LogStore) -> None:
    log.note_forms([("a", "", "", 3), ("a", "part", "x", 3), ("a", "part", "y", 4), ("b", "", "", 5)])
    log.note_forms([("a", "part", "x", None), ("b", "", "", None), ("b", "", "", 7), ("c", "", "", None)])
    assert log.forms(after=0) == [("a", "", "", 3), ("a", "part", "y", 4), ("b", "", "", 7)]
    assert log.forms(after=4) == [("b", "", "", 7)]
    with log.writing(keep=False):
        log.note_forms([("a", "", "", None), ("d", "", "", 8)])
        assert len(log.forms(after=0)) == 3
    assert log.forms(after=4) == [("b", "", "", 7)]


def test_a_log_is_the_same_log_when_it_is_opened_again(place: Place, tmp_path: Path) -> None:
    first = open_store(place.location(tmp_path))
    entries, identity = filled(first), first.identity
    first.keep_request("key", digest=b"hash", position=3, answer="{}")
    first.fix_metric("production", ("mass", 3))
    first.note_forms([("a", "part", "x", 3)])
    first.close()
    again = open_store(place.location(tmp_path))
    if place.reopens:
        assert again.identity == identity
        assert again.at_positions(range(1, 8)) == entries
        assert again.request("key") == (b"hash", "{}")
        assert again.metrics() == {"production": ("mass", 3)}
        assert again.forms(after=0) == [("a", "part", "x", 3)]
    else:
        assert again.identity != identity
        assert again.head() == 0
    again.close()


def test_two_logs_have_two_names(place: Place, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    logs = [open_store(place.location(folder)) for folder in folders]
    assert logs[0].identity != logs[1].identity
    for log in logs:
        log.close()


@pytest.mark.parametrize(
    "location", ["nosuch://somewhere", "protocol://x", "my-store://x", "postgresql+x://h/d", "://x"]
)
def test_a_location_of_no_store_is_refused(location: str) -> None:
    with pytest.raises(StoreError, match="no store keeps a log at"):
        open_store(location)


def test_a_closed_log_gives_and_takes_nothing(place: Place, tmp_path: Path) -> None:
    log = open_store(place.location(tmp_path))
    log.close()
    for ask in (log.head, lambda: log.append([entry(1)]), lambda: log.request("key")):
        with pytest.raises(StoreError):
            ask()


def test_a_copied_log_says_which_ledger_recorded_what(log: LogStore) -> None:
    assert log.recorders() == [(1, log.identity)]
    with log.writing():
        log.note_recorder("another", first=1)
        log.append([entry(1), entry(2)])
        log.note_recorder("a third", first=3)
        log.append([entry(3)])
        log.note_recorder(log.identity, first=4)
    assert log.recorders() == [(1, "another"), (3, "a third"), (4, log.identity)]
    log.note_recorder("a fifth", first=4)  # of what nobody has recorded yet, the last word counts
    assert log.recorders() == [(1, "another"), (3, "a third"), (4, "a fifth")]
    for first in (1, 3):
        with pytest.raises(StoreError):
            log.note_recorder("nobody", first=first)
    assert log.recorders()[0] == (1, "another")


def test_entries_before_the_first_that_another_ledger_recorded_are_this_ones(log: LogStore) -> None:
    log.append([entry(1)])
    log.note_recorder("another", first=2)
    assert log.recorders() == [(1, log.identity), (2, "another")]


def many(first: int, last: int) -> list[Entry]:
    return [entry(position, of=str(position % 7)) for position in range(first, last + 1)]


def leaves_of(log: LogStore) -> list[bytes]:
    """The hashes of the leaves, made from the rows as an outsider makes them."""
    positions = range(1, log.head() + 1)
    rows = zip(log.at_positions(positions), log.leaves(after=0, until=log.head()), strict=True)
    hashes = []
    for one, (position, salt, content, kept) in rows:
        assert position == one.position
        assert salt is not None
        assert content == sha256(salt + one.digest + one.state).digest()
        record = {
            "content": content.hex(),
            "event_id": one.event_id.hex,
            "position": one.position,
            "recorded_at": one.recorded_us,
            "recorded_by": one.recorded_by,
            "stream": one.stream.hex,
            "type": one.type,
            "version": one.stream_version,
        }
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        hashes.append(sha256(b"\0" + text.encode()).digest())
        assert kept == hashes[-1]
    return hashes


@pytest.mark.parametrize("steps", [[1] * 5, [255, 1, 1], [256, 256], [600], [3, 700, 2, 90], [1] * 258])
def test_the_tree_grows_with_the_log(log: LogStore, steps: list[int]) -> None:
    assert log.root(0) == EMPTY_ROOT
    for step in steps:
        log.append(many(log.head() + 1, log.head() + step))
    leaves = leaves_of(log)
    for size in {1, 2, 255, 256, 257, 511, 512, 513, log.head()} & set(range(log.head() + 1)):
        assert log.root(size) == root_of(leaves[:size])
    for number in range(log.head() // 256 + 1):
        width = min(256, log.head() - 256 * number)
        assert log.tile(0, number, width) == leaves[256 * number :][:width]
    whole = log.head() // 256
    assert log.tile(1, 0, whole) == [root_of(leaves[256 * number :][:256]) for number in range(whole)]
    for level in range(log.head().bit_length()):
        for index in range(log.head() >> level):
            assert log.subtree(level, index) == root_of(leaves[index << level : (index + 1) << level])


def test_roots_that_are_asked_for_one_after_the_other_and_in_any_order(log: LogStore) -> None:
    log.append(many(1, 250))
    found = {size: log.root(size) for size in (250, 100, 101, 99, 103)}
    log.append(many(251, 1100))
    found |= {size: log.root(size) for size in (251, 252, 104, 255, 511, 512, 513, 300, 301, 557, 558, 814, 1100, 1099)}
    log.append(many(1101, 1110))
    found |= {size: log.root(size) for size in (1101, 1105, 1109, 1110)}
    leaves = leaves_of(log)
    assert found == {size: root_of(leaves[:size]) for size in found}


def test_a_tree_of_more_than_256_tiles_has_tiles_above(log: LogStore) -> None:
    log.append(many(1, 65_000))
    log.append(many(65_001, 66_000))
    leaves = leaves_of(log)
    assert log.root(66_000) == root_of(leaves)
    assert log.tile(2, 0, 1) == [root_of(leaves[:65_536])] == [log.subtree(16, 0)]
    assert log.root(65_999) == root_of(leaves[:65_999])


def test_what_is_undone_leaves_the_tree_as_it_was(log: LogStore) -> None:
    log.append(many(1, 255))
    before = log.root(255)
    with log.writing():
        log.append(many(256, 300))
        log.savepoint()
        log.append(many(301, 700))
        undone = log.root(700)
        log.undo()
        log.append(many(301, 302))
    assert log.root(255) == before
    assert log.root(302) == root_of(leaves_of(log))
    with log.writing(keep=False):
        log.append(many(303, 700))
        assert log.root(700) != undone, "other salts"
    log.append(many(303, 600))
    assert log.root(600) == root_of(leaves_of(log))
    assert log.root(512) == root_of(leaves_of(log)[:512])


def test_salts_that_are_given_make_the_same_tree(log: LogStore, tmp_path: Path) -> None:
    log.append(many(1, 40))
    other = open_store(str(tmp_path / "other.db"))
    salts = [leaf.salt or b"" for leaf in log.leaves(after=0, until=40)]
    assert len({*salts}) == 40
    other.append(many(1, 40), salts)
    assert other.root(40) == log.root(40)
    other.close()


def test_leaves_and_tiles_of_events_anywhere_in_the_log(log: LogStore) -> None:
    log.append([entry(position, of=f"s{position % 7}") for position in range(1, 601)])
    rows = {row[0]: row[2:] for row in log.leaves(after=0, until=600)}
    wanted = [600, 3, 256, 257, 3]
    assert log.leaves_at(wanted) == {position: rows[position] for position in wanted}
    assert log.leaves_at([]) == {}
    whole = {number: [rows[256 * number + place][1] for place in range(1, 257)] for number in (0, 1)}
    assert log.leaf_tiles([1, 0, 2, 9]) == whole  # the third is not whole yet
    assert log.leaf_tiles([]) == {}


def test_entries_and_their_leaves_column_by_column(log: LogStore) -> None:
    log.append(many(1, 40))
    entries, leaves = list(log.of_other_types((), after=3, until=40)), list(log.leaves(after=3, until=40))
    rows = [(*one, *leaf[1:]) for one, leaf in zip(entries, leaves, strict=True)]
    columns = log.columns(after=3, until=40)
    assert columns is not None
    assert list(zip(*columns, strict=True)) == rows
    assert log.columns(after=3, until=41) is None, "one is not there"


def test_whole_tiles_are_held_against_the_hashes_of_leaves(log: LogStore) -> None:
    log.append([entry(position, of=f"s{position % 7}") for position in range(1, 601)])
    hashes = [leaf.hash for leaf in log.leaves(after=0, until=600)]
    assert log.has_leaf_tiles(0, hashes[:512])
    assert log.has_leaf_tiles(1, hashes[256:512])
    assert log.has_leaf_tiles(0, [])
    assert not log.has_leaf_tiles(0, hashes[256:512])
    assert not log.has_leaf_tiles(0, [*hashes[:511], hashes[0]])
    assert not log.has_leaf_tiles(2, hashes[:256]), "it is not whole yet"


def test_how_far_each_stream_goes(log: LogStore) -> None:
    entries = filled(log)
    hashes = {row[0]: row[3] for row in log.leaves(after=0, until=len(entries))}

    def ends(after: int, until: int) -> dict[bytes, tuple[bytes, int, bytes]]:
        return {
            one.stream_key: (one.stream_key, one.stream_version, hashes[one.position])
            for one in entries
            if after < one.position <= until
        }

    for after in range(len(entries) + 1):
        for until in range(after, len(entries) + 1):
            assert {one[0]: one for one in log.stream_ends(after=after, until=until)} == ends(after, until)


def test_a_stream_without_what_its_events_say(log: LogStore) -> None:
    entries = [one for one in filled(log) if one.stream_key == stream("b")]
    assert log.stream(stream("b"), states=False) == [one._replace(state=b"") for one in entries]
    assert log.stream(stream("b"), limit=2, states=False) == [one._replace(state=b"") for one in entries[:2]]
