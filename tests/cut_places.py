"""Places that are cut off: a file system of pyarrow that stops to take anything after so many changes."""

from pathlib import Path
from typing import Any

from pyarrow import NativeFile, PythonFile
from pyarrow.fs import FileSelector, FileSystemHandler, LocalFileSystem, PyFileSystem

from ledger.segments import StoragePlace


class CutOff(OSError):
    """The place takes nothing any more."""


class CutHandler(FileSystemHandler):  # type: ignore[misc]
    """The file system of this machine, which takes so many changes, and then none.

    With `told_late`, the change at which it ends is made, and it is said that it was not: as when an answer is lost.
    """

    def __init__(self, changes: int | None = None, *, told_late: bool = False) -> None:
        self.left = changes
        self.told_late = told_late
        self.changes: list[str] = []
        self.reads: list[str] = []
        self._local = LocalFileSystem()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _change(self, path: str) -> bool:
        """Count a change; whether it is to be made and then denied. Raises CutOff."""
        if self.left is not None:
            if self.left < 0 or (self.left == 0 and not self.told_late):
                self.left = -1
                raise CutOff("the place is cut off")
            self.left -= 1
            if self.left < 0:
                return True
        self.changes.append(path)
        return False

    def get_type_name(self) -> str:
        return "cut"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> Any:
        return self._local.get_file_info(paths)

    def get_file_info_selector(self, selector: FileSelector) -> Any:
        return self._local.get_file_info(selector)

    def create_dir(self, path: str, recursive: bool) -> None:
        self._local.create_dir(path, recursive=recursive)

    def delete_dir(self, path: str) -> None:
        raise NotImplementedError

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        raise NotImplementedError

    def delete_root_dir_contents(self) -> None:
        raise NotImplementedError

    def move(self, src: str, dest: str) -> None:
        raise NotImplementedError

    def copy_file(self, src: str, dest: str) -> None:
        raise NotImplementedError

    def delete_file(self, path: str) -> None:
        denied = self._change(path)
        self._local.delete_file(path)
        if denied:
            raise CutOff("the place is cut off")

    def open_input_stream(self, path: str) -> NativeFile:
        self.reads.append(path)
        return self._local.open_input_stream(path)

    def open_input_file(self, path: str) -> NativeFile:
        self.reads.append(path)
        return self._local.open_input_file(path)

    def open_output_stream(self, path: str, metadata: Any) -> NativeFile:
        return PythonFile(_Upload(Path(path), denied=self._change(path)), mode="w")

    def open_append_stream(self, path: str, metadata: Any) -> NativeFile:
        raise NotImplementedError


class _Upload:
    """An object on its way: it is there when all of it is."""

    def __init__(self, path: Path, *, denied: bool) -> None:
        self._path = path
        self._denied = denied
        self._parts: list[bytes] = []
        self.closed = False

    def write(self, part: Any) -> None:
        self._parts.append(bytes(part))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._path.write_bytes(b"".join(self._parts))
            if self._denied:
                raise CutOff("the place is cut off")


def cut_place(folder: Path, changes: int | None = None, *, told_late: bool = False) -> tuple[StoragePlace, CutHandler]:
    """A place in a folder that takes so many changes; and what counts them."""
    handler = CutHandler(changes, told_late=told_late)
    return StoragePlace(PyFileSystem(handler), str(folder), name="the place"), handler
