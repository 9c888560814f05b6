"""Places hold whole objects: in a folder, behind any file system of pyarrow, and in an object store."""

import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ledger import PlaceError
from ledger.segments import StoragePlace, storage_place
from tests.cut_places import cut_place
from tests.object_store import EVERY_STORE, KEY, KINDS

Bucket = Callable[[], str]
WHO = {"s3": "AWS_ACCESS_KEY_ID", "gs": "GOOGLE_APPLICATION_CREDENTIALS", "abfs": "AZURE_STORAGE_KEY"}
WHERE = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST", "abfs": "AZURE_STORAGE_CONNECTION_STRING"}


def served_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment say of every store that it is there."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", f"AccountName=tests;AccountKey={KEY};BlobEndpoint={address}/tests"
    )


class _Refusal(BaseHTTPRequestHandler):
    """A store that lets nobody in."""

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline()
        if self.parse_request():
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(403)
            self.send_header("content-length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class _Begun:
    """A file system at which something happens once an object is begun to be written."""

    def __init__(self, filesystem: Any, happens: Callable[[], object]) -> None:
        self.filesystem = filesystem
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self.filesystem, name)

    def open_output_stream(self, path: str, **options: Any) -> Any:
        stream = self.filesystem.open_output_stream(path, **options)
        self._happens()
        return stream


@pytest.fixture(params=["folder", "file", "pyarrow", *KINDS])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StoragePlace:
    match request.param:
        case "folder":
            return storage_place(str(tmp_path / "a b"))
        case "file":
            return storage_place((tmp_path / "a b").as_uri())
        case "pyarrow":
            return cut_place(tmp_path / "a b")[0]
        case kind:
            made: str = request.getfixturevalue("bucket_of")(kind)
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
    address = f"{bucket()}-none/x"
    place = storage_place(address)
    with pytest.raises(PlaceError, match=rf"cannot write y in {address}: .*; the bucket is not there: make it, or"):
        place.write("y", b"1")
    with pytest.raises(PlaceError, match=rf"there is no bucket bucket-.*-none for {address}: make it, or name another"):
        place.read("y", bytes_max=9)


@EVERY_STORE
def test_a_store_that_nobody_serves_is_told_and_not_waited_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        served_at(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        place = storage_place(f"{kind}://bucket/ledger")
        assert place.name == f"{kind}://bucket/ledger"
        told = (
            rf"cannot look for x in {kind}://bucket/ledger: .*connect.*; nobody answers there: look at .*{WHERE[kind]}"
        )
        with pytest.raises(PlaceError, match=told):
            place.size("x")


@EVERY_STORE
def test_who_may_not_is_told_whose_settings_count(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusal) as server:
        Thread(target=server.serve_forever).start()
        try:
            served_at(f"http://127.0.0.1:{server.server_port}", monkeypatch)
            place = storage_place(f"{kind}://bucket/ledger")
            for ask in (lambda: place.read("x", bytes_max=9), lambda: place.write("x", b""), place.sizes):
                with pytest.raises(PlaceError, match=rf"cannot .*; it is not allowed: look at .*{WHO[kind]}"):
                    ask()
        finally:
            server.shutdown()


def test_a_key_that_azure_does_not_know_is_told(
    bucket_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = bucket_of("abfs")
    known = os.environ["AZURE_STORAGE_CONNECTION_STRING"]
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", known.replace(KEY, b64encode(b"another").decode()))
    with pytest.raises(PlaceError, match=r"cannot write x in .*: \[Auth.*\] 403 .*; it is not allowed: look at AZURE_"):
        storage_place(f"{address}/a").write("x", b"1")


def test_a_person_who_interrupts_finds_an_object_whole(bucket: Bucket) -> None:
    place = storage_place(f"{bucket()}/a")
    place.write("x", b"before")
    begun = _Begun(place.filesystem, lambda: signal.raise_signal(signal.SIGINT))
    place.filesystem = begun
    with pytest.raises(KeyboardInterrupt):
        place.write("x", b"after")
    place.filesystem = begun.filesystem
    assert place.read("x", bytes_max=9) == b"after"
    assert place.sizes() == {"x": 5}


def test_a_writer_who_is_killed_leaves_the_object_that_was(bucket: Bucket) -> None:
    address = f"{bucket()}/a"
    place = storage_place(address)
    place.write("x", b"before")
    killed = """
import os, sys
from ledger.segments import storage_place
from tests.ledger.segments.test_storage_place import _Begun
place = storage_place(sys.argv[1])
place.filesystem = _Begun(place.filesystem, lambda: os._exit(9))
place.write("x", b"after")
"""
    assert subprocess.run([sys.executable, "-c", killed, address], check=False).returncode == 9
    assert place.read("x", bytes_max=9) == b"before"
    place.write("x", b"again")
    assert place.read("x", bytes_max=9) == b"again"


def test_a_name_shows_no_secret() -> None:
    assert str(storage_place("s3://key:secret@bucket/a?region=x")) == "s3://bucket/a"
    assert (
        str(storage_place("abfs://box@account.dfs.core.windows.net/a")) == "abfs://box@account.dfs.core.windows.net/a"
    )
