"""Places hold whole objects: in a folder, behind any file system of pyarrow, and in an object store."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import PlaceError
from ledger.segments import StoragePlace, storage_place
from tests.cut_places import cut_place

Bucket = Callable[[], str]


@pytest.fixture(params=["folder", "file", "pyarrow", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StoragePlace:
    match request.param:
        case "folder":
            return storage_place(str(tmp_path / "a b"))
        case "file":
            return storage_place((tmp_path / "a b").as_uri())
        case "pyarrow":
            return cut_place(tmp_path / "a b")[0]
        case _:
            made: str = request.getfixturevalue("bucket")()
            return storage_place(f"{made}/a/b")


def _begin(place: StoragePlace, name: str, error: BaseException) -> None:
    with place.writing(name) as file:
        file.write(b"half")
        file.flush()
        raise error


def test_a_place_gives_back_what_was_put_there(place: StoragePlace) -> None:
    assert place.sizes() == {}
    assert place.size("x.json") is None
    assert place.read("x.json", bytes_max=9) is None
    place.write("x.json", b"{}")
    place.write("deep/er/y", b"")
    place.write("deep/z", b"z" * 3_000_000)
    place.write("x.json", b"[1]")
    assert place.sizes() == {"deep/er/y": 0, "deep/z": 3_000_000, "x.json": 3}
    assert place.sizes("deep") == {"deep/er/y": 0, "deep/z": 3_000_000}
    assert place.within("deep").sizes() == {"er/y": 0, "z": 3_000_000}
    assert place.size("x.json") == 3
    assert place.read("x.json", bytes_max=3) == b"[1]"
    assert place.within("deep").read("er/y", bytes_max=0) == b""
    assert place.digest("deep/er/y") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with place.opened("deep/z") as file:
        file.seek(2_999_999)
        assert file.read() == b"z"
    place.delete("x.json")
    place.delete("x.json")
    assert place.sizes("none") == {}
    assert set(place.sizes()) == {"deep/er/y", "deep/z"}
    with pytest.raises(FileNotFoundError):
        place.digest("x.json")


def test_what_is_not_written_to_its_end_is_not_there(place: StoragePlace) -> None:
    place.write("x", b"before")
    for name, error in (("x", KeyboardInterrupt), ("y", ZeroDivisionError)):
        with pytest.raises(error):
            _begin(place, name, error())
    assert place.sizes() == {"x": 6}
    assert place.read("x", bytes_max=9) == b"before"


def test_an_object_that_is_larger_than_it_should_be_is_not_read(place: StoragePlace) -> None:
    place.write("manifest.json", b"x" * 11)
    with pytest.raises(PlaceError, match=r"manifest\.json in .* holds more than 10 bytes"):
        place.read("manifest.json", bytes_max=10)


def test_a_folder_has_nothing_left_of_what_was_not_finished(tmp_path: Path) -> None:
    place = storage_place(str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        _begin(place, "x", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("location", ["http://host/x", "postgresql://host/x", "s3:/bucket/x", "sftp://host/x"])
def test_an_address_of_another_kind_is_refused(location: str) -> None:
    with pytest.raises(PlaceError, match=r"no place that is known here: name a folder, or .* s3://, gs://, abfs://"):
        storage_place(location)


@pytest.mark.parametrize("location", ["", "s3://", "file://elsewhere/x", "abfs://no-account", "gs://b?what=1"])
def test_an_address_that_names_nothing_is_refused(location: str) -> None:
    with pytest.raises(PlaceError):
        storage_place(location)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = storage_place(str(tmp_path / "file" / "inner"))
    with pytest.raises(PlaceError, match=r"cannot write x in .*inner: Not a directory"):
        place.write("x", b"")


def test_a_path_is_that_of_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage_place("copy").write("x", b"1")
    assert (tmp_path / "copy" / "x").read_bytes() == b"1"


def test_a_bucket_that_is_not_there_is_told(bucket: Bucket) -> None:
    place = storage_place(f"{bucket()}-none/x")
    with pytest.raises(PlaceError, match=r"cannot write y in s3://bucket-.*-none/x: .*bucket does not exist"):
        place.write("y", b"1")


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_store_that_nobody_serves_is_told_and_not_waited_for(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "tests")
        settings = f"scheme=http&endpoint_override=127.0.0.1:{port}"
        settings += "&retry_limit_seconds=1" if scheme == "gs" else "&region=us-east-1"
        user = "anonymous@" if scheme == "gs" else ""
        place = storage_place(f"{scheme}://{user}bucket/ledger?{settings}")
        assert place.name == f"{scheme}://bucket/ledger"
        with pytest.raises(PlaceError, match=rf"cannot look for x in {scheme}://bucket/ledger: .*connect"):
            place.size("x")


def test_a_name_shows_no_secret() -> None:
    assert str(storage_place("s3://key:secret@bucket/a?region=x")) == "s3://bucket/a"
    assert (
        str(storage_place("abfs://box@account.dfs.core.windows.net/a")) == "abfs://box@account.dfs.core.windows.net/a"
    )
