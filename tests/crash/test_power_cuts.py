"""Power cuts in short: nothing that was acknowledged is lost, and without waiting for the disk something is."""

from pathlib import Path
from random import Random

import pytest

from tests.crash.power_cuts import PowerCuts
from tests.crash.recorded_disk import Disk, Step, missing_tool, some_of, steps
from tests.depth import examples
from tests.ledger.proof.judges import need

APPENDS = 40


def test_no_power_cut_loses_what_was_acknowledged() -> None:
    need(missing_tool() is None, "strace")
    cuts = PowerCuts(1)
    cuts.run(examples(40, deeply=1000), appends=APPENDS)
    assert cuts.faults == []
    assert cuts.acknowledged > APPENDS


def test_a_power_cut_loses_something_where_commits_do_not_wait_for_the_disk() -> None:
    need(missing_tool() is None, "strace")
    cuts = PowerCuts(1)
    cuts.run(20, appends=APPENDS, synchronous="NORMAL")
    assert set(cuts.kinds) == {"lost"}


def text(name: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in name.encode())


def test_a_recording_is_read_as_it_was_traced(tmp_path: Path) -> None:
    data, acknowledged, trace = tmp_path / "data", tmp_path / "acknowledged", tmp_path / "trace"
    log, key = text(f"{data}/a.db"), text(f"{data}/key")
    lines = [
        f'7 openat(AT_FDCWD<{text("/")}>, "{log}", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 3<{log}>',
        f'7 openat(AT_FDCWD<{text("/")}>, "{log}", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 4<{log}>',
        f'7 pwrite64(3<{log}>, "{text("one")}", 3, 4096) = 3',
        f"7 fdatasync(3<{log}> <unfinished ...>",
        f'8 pwrite64(4<{log}>, "{text("two")}", 3, 8192) = 3',
        "7     <... fdatasync resumed>)       = 0",
        f"7 fsync(5<{text(str(data))}>) = 0",
        f'7 write(6<{text(str(acknowledged))}>, "{text("[1]")}", 3) = 3',
        f'7 write(1<{text("/dev/pts/0")}>, "{text("x")}", 1) = 1',
        f"7     ftruncate(3<{log}>, 5) = 0",
        f'7 link("{log}", "{key}") = 0',
        f'7 unlink("{log}") = 0',
        f'7 unlink("{text(f"{data}/b.db")}") = -1 ENOENT (No such file or directory)',
        "7 +++ exited with 0 +++",
    ]
    trace.write_text("\n".join(lines) + "\n", encoding="ascii")
    assert list(steps(trace, data, acknowledged, set())) == [
        Step("make", "a.db", since=0),
        Step("write", "a.db", 4096, b"one", since=1),
        Step("write", "a.db", 8192, b"two", since=2),
        Step("sync", "a.db", since=2),
        Step("sync", "", since=4),
        Step("acknowledge", "", data=b"[1]", since=5),
        Step("cut", "a.db", 5, since=6),
        Step("link", "key", data=b"a.db", since=7),
        Step("unlink", "a.db", since=8),
    ]


def test_a_call_that_the_disk_does_not_know_is_not_passed_over(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text(f'7 rename("{text(f"{tmp_path}/a")}", "{text(f"{tmp_path}/b")}") = 0\n', encoding="ascii")
    with pytest.raises(NotImplementedError, match="rename of a"):
        list(steps(trace, tmp_path, tmp_path / "acknowledged", set()))


def after_cuts(done: list[Step]) -> set[tuple[tuple[str, bytes], ...]]:
    """The files that there may be after a cut that follows some steps."""
    disk = Disk({"old": b"...."})
    for number, step in enumerate(done):
        disk.take(number, step._replace(since=number))
    return {tuple(sorted(disk.after_cut(Random(seed)).items())) for seed in range(300)}


def test_what_was_synced_is_there_after_a_cut_and_of_the_rest_any_part() -> None:
    first, second = Step("write", "old", 0, b"ab"), Step("write", "old", 2, b"cd")
    assert after_cuts([first, second]) == {(("old", one),) for one in (b"....", b"ab..", b"..cd", b"abcd")}
    assert after_cuts([first, Step("sync", "old"), second]) == {(("old", one),) for one in (b"ab..", b"abcd")}
    assert after_cuts([first, second, Step("sync", "old")]) == {(("old", b"abcd"),)}
    cut = Step("cut", "old", 1)
    assert after_cuts([first, Step("sync", "old"), cut]) == {(("old", one),) for one in (b"ab..", b"a")}


def test_a_new_name_is_there_after_a_cut_only_if_its_directory_was_synced() -> None:
    made, synced = [Step("make", "new"), Step("write", "new", 0, b"n"), Step("sync", "new")], Step("sync", "")
    old, new = ("old", b"...."), ("new", b"n")
    assert after_cuts(made) == {(old,), (new, old)}
    assert after_cuts([*made, synced]) == {(new, old)}
    assert after_cuts([*made, synced, Step("unlink", "new")]) == {(old,), (new, old)}
    assert after_cuts([*made, synced, Step("link", "other", data=b"new")]) == {(new, old), (new, old, ("other", b"n"))}


def test_a_write_may_be_torn_at_the_sectors_of_the_disk() -> None:
    write = Step("write", "old", 100, bytes(range(256)) * 16)
    parts = {(one.offset, len(one.data)) for seed in range(300) for one in some_of([write], Random(seed))}
    assert {(100, 412), (512, 512), (3584, 512), (4096, 100), (100, 3996), (100, 4096)} <= parts
    assert all(one.data == write.data[one.offset - 100 :][: len(one.data)] for one in some_of([write], Random(7)))
