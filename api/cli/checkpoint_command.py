"""`supply-ledger checkpoint` and `proof`: what to keep elsewhere, and what to hand to whoever does not believe."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import DataOption, one_of
from api.cli.proof_session import (
    PROOF_PANEL,
    OutputOption,
    WitnessedOption,
    bytes_of,
    give,
    shown_ledger,
    witnessed,
)
from api.cli.session import fail
from ledger import Ledger
from ledger.proof import Checkpoint, Submission, opened

ACTIONS = ("show", "key")

app = typer.Typer()


@app.command("checkpoint", rich_help_panel=PROOF_PANEL)
def checkpoint_command(
    action: Annotated[
        str, typer.Argument(help="show, or key: the public key of this ledger.", metavar="ACTION")
    ] = "show",
    since: Annotated[
        Path | None,
        typer.Option(help="An older checkpoint: prove that nothing before it has changed since.", metavar="FILE"),
    ] = None,
    with_witnesses: WitnessedOption = False,
    output: OutputOption = None,
    data: DataOption = None,
) -> None:
    """The signed state of the whole log in a few lines, to keep elsewhere: with it any later change is seen."""
    one_of("ACTION", action, ACTIONS)
    with shown_ledger(data) as ledger:
        if action == "key":
            give(f"{ledger.proofs.key.verifier.text()}\n".encode(), output)
            return
        note = witnessed(ledger, data) if with_witnesses else ledger.proofs.mapped_checkpoint()
        give(note.encoded() if since is None else _since(ledger, bytes_of(since), note.encoded()), output)


def _since(ledger: Ledger, older: bytes, newer: bytes) -> bytes:
    """The newer checkpoint with the hashes that lead from the older one to it."""
    proofs = ledger.proofs
    old, _ = opened(older, [proofs.key.verifier], origin=proofs.origin)
    new, _ = opened(newer, [proofs.key.verifier], origin=proofs.origin)
    if old.size > new.size:
        fail(f"The older checkpoint is over {old.size} events, the newer over {new.size}.")
    if old.root != Checkpoint.parse(proofs.checkpoint(old.size).text).root:
        fail(f"The first {old.size} events are not those of the older checkpoint: the log was rewritten since.")
    return Submission(old.size, tuple(proofs.consistency(old.size, new.size)), newer).encoded()


@app.command("proof", rich_help_panel=PROOF_PANEL)
def proof_command(
    position: Annotated[int, typer.Argument(min=1, help="Which event: its position in the log.", metavar="POSITION")],
    with_witnesses: WitnessedOption = False,
    output: OutputOption = None,
    data: DataOption = None,
) -> None:
    """Prove to anyone that an event is in the log, by a file that stands alone (.tlog-proof)."""
    with shown_ledger(data) as ledger:
        note = witnessed(ledger, data) if with_witnesses else None
        give(ledger.proofs.proof(position, note).encoded(), output)
