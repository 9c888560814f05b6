"""What the commands on proof share: what is said when something is not shown, and where files of proofs go."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.cli.session import MISUSED, fail, opened_ledger, reporting
from api.cli.terminal import console
from api.outbound.http_exchange import NoAnswer
from api.settings import DataPlace, data_directory
from ledger import Ledger, visible
from ledger.proof import ATTESTATIONS_FILE, Attestations, Note, ProofError

PROOF_PANEL = "Prove"

OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write it into this file.", metavar="FILE")]
WitnessedOption = Annotated[
    bool, typer.Option("--witnessed", help="Up to the largest checkpoint that witnesses signed, with their signatures.")
]


@contextmanager
def showing() -> Iterator[None]:
    """Say what is not shown, and leave with an exit code."""
    try:
        with reporting():
            yield
    except (ProofError, NoAnswer) as error:
        text = str(error)
        fail(f"{text[:1].upper()}{text[1:].removesuffix('.')}.")


@contextmanager
def shown_ledger(data: DataPlace | None) -> Iterator[Ledger]:
    """The ledger of a data directory, to show something of."""
    with showing(), opened_ledger(data, make=False) as ledger:
        yield ledger


def attestations(data: DataPlace | None) -> Attestations:
    """What others attest of the checkpoints of a data directory's ledger."""
    return Attestations(data_directory(data).path / ATTESTATIONS_FILE)


def witnessed(ledger: Ledger, data: DataPlace | None) -> Note:
    """The largest checkpoint that witnesses signed."""
    note = attestations(data).latest(ledger.proofs.origin)
    if note is None:
        fail(
            "No witness has signed a checkpoint of this ledger yet.",
            "Add one with `supply-ledger witness add URL KEY`, and ask it with `supply-ledger witness submit`.",
        )
    return note


def give(content: bytes, output: Path | None) -> None:
    """Print a text, or write it into a file, byte for byte."""
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        fail(f"Cannot write {output}: {error.strerror}.")
    say(f"Wrote {output}.")


def say(text: str) -> None:
    """A line for people."""
    console().print(visible(text), markup=False, highlight=False)


def bytes_of(path: Path) -> bytes:
    """What is in a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"Cannot read {path}: {error.strerror}.", code=MISUSED)
