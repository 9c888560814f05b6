"""How a log and a witness talk (C2SP tlog-witness): a checkpoint, and the proof that it is the last one grown.

A log sends this (`POST …/add-checkpoint`):

    old 1042                                         how large the log was when this witness last signed
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=     the hashes that show that these entries are still the same
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

    supply-ledger/9c1b…                              the new checkpoint, signed by the log
    1500
    …

and the witness answers with its signature line, or with what stands against it.
"""

from dataclasses import dataclass
from typing import Self

from ledger.proof.checkpoints import Checkpoint, opened, parsed_hash, parsed_number
from ledger.proof.merkle import EMPTY_ROOT, verify_consistency
from ledger.proof.notes import NOTE_BYTES_MAX, Note, NoteError, Signature, VerifierKey, encoded_base64

ADD_CHECKPOINT = "/add-checkpoint"
"""Where a witness is asked, below its own address."""
HASHES_IN_SUBMISSION_MAX = 63
SUBMISSION_BYTES_MAX = NOTE_BYTES_MAX
SIZE_MEDIA_TYPE = "text/x.tlog.size"
"""The type of an answer that says only how large the log was when the witness last signed."""
_OLD = "old "


class UnknownLog(NoteError):
    """The checkpoint is of a log that this witness does not know."""


class UntrustedSignature(NoteError):
    """The checkpoint is not signed by the key of its log."""


class OtherSize(NoteError):
    """The witness last signed another checkpoint of this log: `size` entries.

    `contradicts` where the log has signed two roots over as many entries, which it can never explain.
    """

    def __init__(self, detail: str, *, size: int, contradicts: bool = False) -> None:
        super().__init__(detail)
        self.size = size
        self.contradicts = contradicts


class Inconsistent(NoteError):
    """The checkpoint is not of the log that the witness has signed before: the log was rewritten."""


@dataclass(frozen=True)
class Submission:
    """A checkpoint for a witness. `note` is the signed checkpoint, `old_size` what the hashes begin from."""

    old_size: int
    hashes: tuple[bytes, ...]
    note: bytes

    def encoded(self) -> bytes:
        """The body of the request."""
        lines = [f"{_OLD}{self.old_size}", *map(encoded_base64, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The submission of a body. Raises NoteError."""
        if len(raw) > SUBMISSION_BYTES_MAX:
            raise NoteError("a submission is too large")
        head, blank, note = raw.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise NoteError("a submission has other letters than it can") from None
        if not blank or not first.startswith(_OLD) or len(lines) > HASHES_IN_SUBMISSION_MAX:
            raise NoteError("a submission is `old N`, at most 63 hashes, an empty line, and a checkpoint")
        old_size = parsed_number(first.removeprefix(_OLD), what="the old size")
        return cls(old_size, tuple(parsed_hash(line) for line in lines), note)

    def origin(self) -> str:
        """Which log it says that it is of; nothing is verified. Raises NoteError."""
        return Checkpoint.parse(Note.parse(self.note).text).origin

    def opened_by(self, key: VerifierKey, origin: str) -> tuple[Checkpoint, Note]:
        """The checkpoint, where the key of its log signed it. Raises UntrustedSignature."""
        try:
            return opened(self.note, [key], origin=origin)
        except NoteError as error:
            raise UntrustedSignature(str(error)) from None

    def checked(self, key: VerifierKey, origin: str, *, size: int, root: bytes) -> tuple[Checkpoint, Note]:
        """The checkpoint to sign for a witness that last signed this size and root of the log; 0 where it never did.

        Raises UntrustedSignature, OtherSize, Inconsistent, NoteError.
        """
        checkpoint, note = self.opened_by(key, origin)
        if self.old_size > checkpoint.size:
            raise NoteError(f"the old size, {self.old_size}, is beyond that of the checkpoint, {checkpoint.size}")
        before = root if size else EMPTY_ROOT
        if size == checkpoint.size and before != checkpoint.root:
            detail = "a checkpoint of as many entries with another root was signed here"
            raise OtherSize(detail, size=size, contradicts=True)
        if self.old_size != size:
            raise OtherSize(f"the last checkpoint signed here has {size} entries, not {self.old_size}", size=size)
        try:
            verify_consistency(size, checkpoint.size, self.hashes, before, checkpoint.root)
        except ValueError as error:
            raise Inconsistent(f"the checkpoint is not of the log that was signed before: {error}") from None
        return checkpoint, note


def parsed_cosignatures(raw: bytes, note: Note, key: VerifierKey) -> list[Signature]:
    """The signatures of a witness's key in its answer about a checkpoint. Raises NoteError where there is none."""
    try:
        lines = raw.decode()
    except UnicodeDecodeError:
        raise NoteError("the answer of a witness is not in UTF-8") from None
    answered = Note.parse(f"{note.text}\n{lines}".encode())
    return list(answered.verified([key]))
