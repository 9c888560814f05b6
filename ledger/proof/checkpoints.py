"""Checkpoints: what the whole log is at some size, in three lines (C2SP tlog-checkpoint).

    supply-ledger/9c1b…                              the origin: which log
    1042                                             how many entries it has
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     the root of the Merkle tree over them, in base64

Signed as a note (`ledger.proof.notes`), this is all that has to be kept elsewhere so that no entry of these can ever be
changed unseen. Further lines say more about the same entries.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ledger.proof.merkle import EMPTY_ROOT, HASH_BYTES
from ledger.proof.notes import Note, NoteError, SignerKey, VerifierKey, decoded_base64, encoded_base64, signed

SIZE_MAX = (1 << 63) - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """The root of a log's tree at a size. `extensions` are further lines, each without its newline."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise NoteError("a line of a checkpoint is empty")
        if not 0 <= self.size <= SIZE_MAX:
            raise NoteError("a checkpoint has a size that cannot be")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise NoteError("a checkpoint has a root that cannot be")

    def text(self) -> str:
        """The text of the note."""
        lines = (self.origin, str(self.size), encoded_base64(self.root), *self.extensions)
        return "".join(line + "\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint of such a text. Raises NoteError."""
        if not text.endswith("\n") or text.count("\n") < 3:
            raise NoteError("a checkpoint has three lines at least: origin, size and root")
        origin, size, root, *extensions = text[:-1].split("\n")
        return cls(origin, parsed_number(size, what="a size"), parsed_hash(root), tuple(extensions))

    def signed(self, key: SignerKey) -> Note:
        """The checkpoint as a note signed by the log's key."""
        return signed(self.text(), key)


def parsed_number(text: str, *, what: str) -> int:
    """A number without sign or leading zeros. Raises NoteError."""
    if not _NUMBER.fullmatch(text) or int(text) > SIZE_MAX:
        raise NoteError(f"{what} is no number")
    return int(text)


def parsed_hash(text: str) -> bytes:
    """A hash in base64. Raises NoteError."""
    data = decoded_base64(text, what="a hash")
    if len(data) != HASH_BYTES:
        raise NoteError(f"a hash has {HASH_BYTES} bytes")
    return data


def opened(raw: bytes, keys: Sequence[VerifierKey], *, origin: str | None = None) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note that one of the log's keys signed, and the note.

    `origin` is which log it must be of; without it, any whose name is that of the key. Raises NoteError.
    """
    note = Note.parse(raw)
    signatures = note.verified(keys)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin not in ({origin} if origin is not None else {one.name for one in signatures}):
        raise NoteError(f"the checkpoint is of another log, {checkpoint.origin}")
    return checkpoint, note
