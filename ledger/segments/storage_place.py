"""Storage places: folders here, or prefixes of an object store, in which whole objects lie under names.

A place is said as a path, or as an address that pyarrow knows:

    /backups/ledger, file:///backups/ledger        a folder of this machine
    s3://bucket/ledger                             Amazon S3, and what speaks like it
    gs://bucket/ledger                             Google Cloud Storage
    abfs://container@account.dfs.core.windows.net/ledger    Azure

Who may read and write there is what the store's own tools use: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL and the files in ~/.aws; Google's application default credentials; AZURE_CLIENT_ID and its
kind, and what `ledger.segments.store_addresses` reads. What pyarrow takes in the query of an address
(`?region=…&endpoint_override=…`) may be said there.

An object is there whole or not at all. In a folder it is a file that was written beside its name, is on disk, and only
then gets the name; object stores do the same by themselves, as long as nothing ends an upload before its end. So it is
made in a file of this machine first, and then sent in one piece, which an interruption waits for. But to Azure pyarrow
sends none at first, and the rest at the end; so there it is sent under another name, and the store copies it at once.
"""

import hashlib
import json
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ledger.backups.lasting_files import lasting_file, sync_folder
from ledger.errors import PlaceError
from ledger.segments.store_addresses import SCHEMES, store_filesystem
from ledger.segments.store_reasons import store_reason

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

READ_BYTES = 1 << 20
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")


class StoragePlace:
    """A folder, or a prefix of an object store.

    Names of objects have `/` between their parts, whatever the store. `name` is what messages call the place. Every
    method raises PlaceError where the store cannot be reached, or does not take or give what is asked.
    """

    def __init__(self, filesystem: "FileSystem", root: str, *, name: str) -> None:
        self.filesystem = filesystem
        self.root = root.rstrip("/") or "/"
        """The path of the place in its file system."""
        self.name = name

    def __str__(self) -> str:
        return self.name

    def within(self, folder: str) -> "StoragePlace":
        """The place in a folder of this one."""
        return StoragePlace(self.filesystem, self.path(folder), name=f"{self.name.rstrip('/')}/{folder}")

    def path(self, name: str) -> str:
        """The path of an object in the file system, for who reads it with pyarrow."""
        return f"{self.root.rstrip('/')}/{name}"

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The objects in a folder of the place, and in all folders in it: the size of each in bytes, by its name.

        In a folder of this machine and in Azure these may be drafts of who was killed, whose names end with `.part`.
        """
        from pyarrow.fs import FileSelector, FileType

        root = self.path(folder) if folder else self.root
        with self._said(f"list what is in {folder or 'it'}"):
            found = self.filesystem.get_file_info(FileSelector(root, recursive=True, allow_not_found=True))
        files = [one for one in found if one.type == FileType.File]
        start = len(self.path(""))
        return {one.path[start:]: int(one.size) for one in sorted(files, key=lambda one: one.path)}

    def size(self, name: str) -> int | None:
        """The size of an object in bytes; None where it is not there."""
        from pyarrow.fs import FileType

        with self._said(f"look for {name}"):
            (info,) = self.filesystem.get_file_info([self.path(name)])
        return int(info.size) if info.type == FileType.File else None

    def read(self, name: str, *, bytes_max: int) -> bytes | None:
        """What an object holds; None where it is not there.

        Raises PlaceError where it holds more than so many bytes, and where there is not even a bucket.
        """
        try:
            with self.opened(name) as file:
                read: bytes = file.read(bytes_max + 1)
        except FileNotFoundError:
            self._check_bucket()
            return None
        if len(read) > bytes_max:
            raise PlaceError(f"{name} in {self.name} holds more than {bytes_max} bytes, which it should not")
        return read

    @contextmanager
    def opened(self, name: str) -> Iterator[Any]:
        """An object to read, at any place of it: a file of pyarrow. Raises FileNotFoundError, PlaceError."""
        with self._said(f"read {name}", or_absent=True), self.filesystem.open_input_file(self.path(name)) as file:
            yield file

    def digest(self, name: str) -> str:
        """The SHA-256 of what an object holds, in hex. Raises FileNotFoundError, PlaceError."""
        digest = hashlib.sha256()
        with self.opened(name) as file:
            while chunk := file.read(READ_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def write(self, name: str, content: bytes) -> None:
        """Put an object there, in the place of one with its name."""
        with self.writing(name) as file:
            file.write(content)

    def put(self, name: str, file: Path) -> None:
        """Put what a file of this machine holds there, in the place of an object with its name."""
        if self._is_local:
            with self.writing(name) as copy, file.open("rb") as draft:
                shutil.copyfileobj(draft, copy, READ_BYTES)
            return
        with self._said(f"write {name}"):
            _uninterrupted(partial(self._send, file, name))

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file whose content is there under a name when the block has ended well, in the place of what was."""
        with self._said(f"write {name}"):
            if self._is_local:
                path = Path(self.path(name))
                path.parent.mkdir(parents=True, exist_ok=True)
                with lasting_file(path, replace=True) as file:
                    yield file
                return
            with tempfile.NamedTemporaryFile(prefix="supply-ledger-") as draft:
                yield draft
                draft.flush()
                _uninterrupted(partial(self._send, Path(draft.name), name))

    def delete(self, name: str) -> None:
        """Take an object away, if it is there."""
        with self._said(f"delete {name}"):
            self._delete(self.path(name))
            if self._is_local:
                sync_folder(Path(self.path(name)).parent)

    def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self.filesystem.delete_file(path)

    def _send(self, draft: Path, name: str) -> None:
        """Send a whole file."""
        path = self.path(name)
        folder, _, last = path.rpartition("/")
        if not self._has_objects:
            self.filesystem.create_dir(folder, recursive=True)
        if self.filesystem.type_name != "abfs":
            self._stream(draft, path)
            return
        beside = f"{folder}/.{last}.{secrets.token_hex(8)}.part"
        self._stream(draft, beside)
        try:
            self.filesystem.copy_file(beside, path)
        finally:
            with suppress(OSError):
                self._delete(beside)

    def _stream(self, draft: Path, path: str) -> None:
        """Send it in one call: a stream that is closed early, or forgotten, leaves what it has."""
        from pyarrow import memory_map, py_buffer

        # A file of no bytes cannot be mapped.
        content = memory_map(str(draft)).read_buffer() if draft.stat().st_size else py_buffer(b"")
        with self.filesystem.open_output_stream(path, compression=None) as stream:  # a name with .zst would say so
            stream.write(content)

    def _check_bucket(self) -> None:
        """Raise PlaceError where there is no bucket. Who may not ask for it is not told."""
        from pyarrow import ArrowException
        from pyarrow.fs import FileType

        if self._has_objects:
            bucket = self.root.strip("/").partition("/")[0]
            with suppress(OSError, ArrowException):
                (info,) = self.filesystem.get_file_info([bucket])
                if info.type == FileType.NotFound:
                    raise PlaceError(f"there is no bucket {bucket} for {self.name}: make it, or name another")

    @cached_property
    def _is_local(self) -> bool:
        return str(self.filesystem.type_name) == "local"

    @cached_property
    def _has_objects(self) -> bool:
        """Whether the store has objects under names, and no folders that they need."""
        return self.filesystem.type_name in ("s3", "gcs", "abfs")

    @contextmanager
    def _said(self, what: str, *, or_absent: bool = False) -> Iterator[None]:
        """Say of an error of the store what could not be done, and where; that something is absent may be none."""
        from pyarrow import ArrowException

        try:
            yield
        except (OSError, ArrowException) as error:
            if or_absent and isinstance(error, FileNotFoundError):
                raise
            reason = store_reason(error, self.filesystem.type_name)
            raise PlaceError(f"cannot {what} in {self.name}: {reason}") from error


def storage_place(location: str) -> StoragePlace:
    """The place that a path or an address names. Nothing is looked for there yet. Raises PlaceError."""
    from pyarrow import ArrowException
    from pyarrow.fs import LocalFileSystem

    found = _SCHEME.match(location)
    scheme = found[1].lower() if found else ""
    is_address = "://" in location
    if not is_address and scheme not in SCHEMES:
        if not location:
            raise PlaceError("a place has a name: a folder, or an address such as s3://bucket/ledger")
        return StoragePlace(LocalFileSystem(), str(Path(location).absolute()), name=location)
    if not is_address or scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in dict.fromkeys(SCHEMES.values()))
        raise PlaceError(f"{_shown(location)} is no place that is known here: name a folder, or an address of {known}")
    try:
        filesystem, root = store_filesystem(location, SCHEMES[scheme])
    except (OSError, ArrowException, ValueError) as error:
        raise PlaceError(f"{_shown(location)} is no address of a place: {store_reason(error, '')}") from error
    if filesystem.type_name != "local" and not root.strip("/"):
        raise PlaceError(f"{_shown(location)} names no bucket: say {scheme}://BUCKET/FOLDER")
    return StoragePlace(filesystem, root, name=_shown(location))


def _uninterrupted(work: Callable[[], None]) -> None:
    """Do what a person's interruption must not end half way: it comes when the work is done."""
    if threading.current_thread() is not threading.main_thread():
        work()
        return
    with ThreadPoolExecutor(max_workers=1) as worker:
        worker.submit(work).result()


def _shown(location: str) -> str:
    """An address without what only its owner may know, and without its settings."""
    parts = urlsplit(location)
    user, at, host = parts.netloc.rpartition("@")
    # Azure has its container there, and other stores a key and a secret.
    shown = host if ":" in user or parts.scheme not in ("abfs", "abfss") else f"{user}{at}{host}"
    return urlunsplit((parts.scheme, shown, parts.path, "", ""))


def json_bytes(said: Any) -> bytes:
    """A JSON document as it lies in a place: the same content has the same bytes, which people can read."""
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"
