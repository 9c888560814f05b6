"""A checkpoint that was kept elsewhere says what a ledger had come to; a copy of the ledger must not contradict it.

A copy that has another past is refused; one that ends before the checkpoint as well, unless whoever restores says that
those last events may be lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import BackupError
from ledger.proof.checkpoints import Checkpoint, opened
from ledger.proof.log_proofs import ORIGIN_PREFIX
from ledger.proof.merkle import ProofError
from ledger.proof.notes import VerifierKey


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint that was kept elsewhere, and the keys of which one must have signed it (none: the backup's own)."""

    note: bytes
    keys: Sequence[VerifierKey] = ()


def held_against(
    kept: KeptCheckpoint,
    *,
    recorders: Iterable[tuple[int, str]],
    head: int,
    root: Callable[[int], bytes],
    key: VerifierKey,
    accept_loss: bool,
) -> tuple[int, int] | None:
    """Hold a log against a checkpoint that was kept elsewhere; the positions that only that one has.

    `recorders` are the ledgers that recorded it, `root` gives the root over its first entries, and `key` is its own.
    Raises BackupError.
    """
    checkpoint = checkpoint_in(kept, key)
    if checkpoint.origin not in {ORIGIN_PREFIX + ledger for _, ledger in recorders}:
        raise BackupError(f"the checkpoint is of another ledger, {checkpoint.origin}")
    if checkpoint.size <= head:
        if root(checkpoint.size) != checkpoint.root:
            raise BackupError(
                f"the first {checkpoint.size} events of the backup are not those of the checkpoint that was kept "
                "elsewhere: one of the two was forged or belongs to a copy that went its own way"
            )
        return None
    lost = (head + 1, checkpoint.size)
    if not accept_loss:
        raise BackupError(
            f"what would be restored ends at position {head}, and the checkpoint kept elsewhere at {checkpoint.size}: "
            f"positions {lost[0]} to {lost[1]} would be lost; take a newer backup, or say --accept-loss"
        )
    return lost


def checkpoint_in(kept: KeptCheckpoint, key: VerifierKey) -> Checkpoint:
    """The checkpoint in the note, which one of its keys signed, or else this one. Raises BackupError."""
    try:
        return opened(kept.note, list(kept.keys) or [key])[0]
    except ProofError as error:
        whose = "the key that was given" if kept.keys else "the key of the backup"
        raise BackupError(
            f"the checkpoint that was kept elsewhere cannot be verified with {whose}: {error}; if it is of another "
            "ledger that this one continues, give its key with --key"
        ) from None
