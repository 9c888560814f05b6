"""Proofs that stand alone: that an entry is in a log, in one text file (C2SP tlog-proof, `.tlog-proof`).

    c2sp.org/tlog-proof@v1
    extra eyJjb250ZW50Ijoi…      the leaf: what the log says of the event (see `ledger.proof.leaves`)
    index 1041                   which entry it is, from 0: one less than the event's position
    gSKyXoYZUgZ6jduWYrkDOA…      the hashes from the leaf up to the root
    B95lDa8R83lS8n0eG+o0bu…

    supply-ledger/9c1b…          the checkpoint, with the signatures of the log and of witnesses
    1042
    …

With the public key of the log (and those of witnesses) anyone can check it, without the ledger and without a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ledger.proof.checkpoints import Checkpoint, opened, parsed_hash, parsed_number
from ledger.proof.cosignatures import require_cosignatures
from ledger.proof.merkle import leaf_hash, verify_inclusion
from ledger.proof.notes import (
    NOTE_BYTES_MAX,
    NoteError,
    VerifierKey,
    decoded_base64,
    encoded_base64,
)

FIRST_LINE = "c2sp.org/tlog-proof@v1"
PROOF_SUFFIX = ".tlog-proof"
HASHES_MAX = 63
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True)
class TlogProof:
    """That a leaf is in a log. `note` is the signed checkpoint, `leaf` what stands at `index`."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    leaf: bytes | None = None

    def encoded(self) -> bytes:
        """The proof as a file."""
        lines = [FIRST_LINE]
        if self.leaf is not None:
            lines.append(_EXTRA + encoded_base64(self.leaf))
        lines += [f"{_INDEX}{self.index}", *map(encoded_base64, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The proof in a file. Raises NoteError."""
        if len(raw) > 2 * NOTE_BYTES_MAX:
            raise NoteError("a proof is too large")
        head, blank, note = raw.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise NoteError("a proof has other letters than it can") from None
        if first != FIRST_LINE or not blank:
            raise NoteError(f"a proof begins with {FIRST_LINE}, and ends with a checkpoint")
        leaf = None
        if lines and lines[0].startswith(_EXTRA):
            leaf = decoded_base64(lines.pop(0).removeprefix(_EXTRA), what="the leaf in a proof")
        if not lines or not lines[0].startswith(_INDEX) or len(lines) > 1 + HASHES_MAX:
            raise NoteError(f"a proof has an index, and then at most {HASHES_MAX} hashes")
        index = parsed_number(lines[0].removeprefix(_INDEX), what="an index")
        return cls(index, tuple(parsed_hash(line) for line in lines[1:]), note, leaf)

    def verify(
        self,
        log_keys: Sequence[VerifierKey],
        *,
        leaf: bytes | None = None,
        origin: str | None = None,
        witnesses: Sequence[VerifierKey] = (),
        quorum: int = 0,
    ) -> Checkpoint:
        """The checkpoint that has the leaf: the one given, else the one in the proof. Raises ProofError."""
        said = self.leaf if leaf is None else leaf
        if said is None:
            raise NoteError("the proof is of an entry that it does not hold: give its leaf")
        checkpoint, note = opened(self.note, log_keys, origin=origin)
        require_cosignatures(note, witnesses, quorum=quorum)
        verify_inclusion(leaf_hash(said), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint
