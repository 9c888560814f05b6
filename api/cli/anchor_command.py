"""`supply-ledger anchor`: a checkpoint with the signature of a time-stamp authority, which says when it was there."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import DataOption
from api.cli.proof_session import PROOF_PANEL, attestations, bytes_of, give, say, showing, shown_ledger
from api.cli.session import fail
from api.cli.terminal import console, text_table
from api.outbound.timestamp_client import stamped
from api.settings import DataPlace
from ledger.proof import TimestampError, timestamp_of, verify_timestamp

CHECKPOINT_SUFFIX = ".checkpoint"
RESPONSE_SUFFIX = ".tsr"

app = typer.Typer()


@app.command("anchor", rich_help_panel=PROOF_PANEL)
def anchor_command(
    authority: Annotated[str | None, typer.Option("--tsa", help="The authority's address.", metavar="URL")] = None,
    roots: Annotated[
        Path | None, typer.Option(help="The root certificates that are trusted, in PEM.", metavar="FILE")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write NAME.checkpoint and NAME.tsr.", metavar="NAME"),
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Verify NAME.checkpoint and NAME.tsr, offline; needs --roots.", metavar="NAME")
    ] = None,
    data: DataOption = None,
) -> None:
    """Have the log's checkpoint dated by an authority (RFC 3161); without --tsa, list what was dated, and verify it."""
    certificates = None if roots is None else bytes_of(roots)
    if verify is not None:
        if certificates is None:
            fail("--verify needs --roots: the certificates that are trusted.", code=2)
        with showing():
            at = verify_timestamp(
                bytes_of(_named(verify, RESPONSE_SUFFIX)),
                bytes_of(_named(verify, CHECKPOINT_SUFFIX)),
                certificates=certificates,
            )
        say(f"The checkpoint was there at {at.isoformat()}.")
    elif authority is None:
        _list(certificates, data)
    else:
        _anchor(authority, certificates, output, data)


def _anchor(authority: str, certificates: bytes | None, output: Path | None, data: DataPlace | None) -> None:
    with shown_ledger(data) as ledger:
        note = ledger.proofs.mapped_checkpoint().encoded()
        stamp = stamped(note, authority, certificates=certificates)
        attestations(data).keep_timestamp(stamp)
    say(f"{authority} says that {stamp.size} events were there at {stamp.at.isoformat()}.")
    if certificates is None:
        say("Nobody has verified yet that it is this authority: give --roots.")
    if output is not None:
        give(stamp.note, _named(output, CHECKPOINT_SUFFIX))
        give(stamp.response, _named(output, RESPONSE_SUFFIX))


def _list(certificates: bytes | None, data: DataPlace | None) -> None:
    with shown_ledger(data) as ledger:
        stamps = attestations(data).timestamps(ledger.proofs.origin)
        if not stamps:
            say("No checkpoint was dated yet: --tsa URL asks an authority.")
            return
        rows = []
        for stamp in stamps:
            try:
                if certificates is None:
                    at, said = timestamp_of(stamp.response, stamp.note), "not verified: give --roots"
                else:
                    at, said = verify_timestamp(stamp.response, stamp.note, certificates=certificates), "yes"
                rows.append([at.isoformat(), str(stamp.size), stamp.authority, said])
            except TimestampError as error:
                rows.append(["", str(stamp.size), stamp.authority, str(error)])
        console().print(text_table("Dated checkpoints", ["at", "events", "authority", "verified"], rows))


def _named(name: Path, suffix: str) -> Path:
    return name.with_name(name.name + suffix)
