"""`supply-ledger witness`: those who sign this ledger's checkpoints; and to be such a one for the ledgers of others."""

from typing import Annotated

import typer

from api.cli.options import DataOption, PortOption, one_of
from api.cli.proof_session import PROOF_PANEL, attestations, give, say, showing, shown_ledger
from api.cli.session import FAILED, fail
from api.cli.terminal import console, text_table
from api.cli.witness_server import serve_witness, watched_logs, witness_key
from api.outbound.http_exchange import checked_url
from api.outbound.witness_client import submit_to_all
from api.settings import HOST_DEFAULT, PORT_DEFAULT, DataPlace
from ledger.proof import ED25519_COSIGNATURE, ED25519_NOTE, NoteError, VerifierKey, Witness

WORDS = {"list": 0, "add": 2, "remove": 1, "submit": 0, "trust": 1, "key": 0, "serve": 0}
"""The actions, and how many words each takes."""

app = typer.Typer()


@app.command("witness", rich_help_panel=PROOF_PANEL)
def witness_command(
    action: Annotated[
        str,
        typer.Argument(
            help="list; those who sign for this ledger: add URL KEY, remove NAME, submit; to sign for others: "
            "trust KEY, key, serve.",
            metavar="ACTION",
        ),
    ] = "list",
    words: Annotated[list[str] | None, typer.Argument(metavar="WORDS")] = None,
    name: Annotated[str | None, typer.Option(help="Of key and serve: what this witness is called.")] = None,
    origin: Annotated[str | None, typer.Option(help="Of trust: the log, where its key has another name.")] = None,
    host: Annotated[str, typer.Option(help="Of serve: a loopback address.")] = HOST_DEFAULT,
    port: PortOption = PORT_DEFAULT,
    data: DataOption = None,
) -> None:
    """Witnesses remember the last checkpoint of a log, and sign another only where that is the same log grown."""
    one_of("ACTION", action, tuple(WORDS))
    given = words or []
    if len(given) != WORDS[action]:
        fail(f"witness {action} takes {WORDS[action]} more words, not {len(given)}.", code=2)
    with showing():
        if action == "add":
            url, key = checked_url(given[0]), _key(given[1], ED25519_COSIGNATURE)
            with shown_ledger(data):
                attestations(data).add_witness(Witness(key, url))
            say(f"Checkpoints go to {key.name} from now on: supply-ledger witness submit")
        elif action == "remove":
            gone = attestations(data).remove_witness(given[0])
            if not gone:
                fail(f"There is no witness {given[0]}: `supply-ledger witness list` says which there are.")
            say(f"No more checkpoints go to {gone[0].key.name}; what it signed stays.")
        elif action == "submit":
            _submit(data)
        elif action == "trust":
            key = _key(given[0], ED25519_NOTE)
            watched_logs(data).trust(key, origin=origin)
            say(f"Checkpoints of {origin or key.name} are signed here from now on.")
        elif action == "key":
            give(f"{witness_key(data, name).verifier.text()}\n".encode(), None)
        elif action == "serve":
            serve_witness(data, name, host=host, port=port)
        else:
            _list(data)


def _key(text: str, kind: int) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.kind != kind:
        theirs, ours = ("a log", "a witness") if kind == ED25519_COSIGNATURE else ("a witness", "a log")
        raise NoteError(f"this is the key of {theirs}, and {ours}'s is wanted")
    return key


def _submit(data: DataPlace | None) -> None:
    with shown_ledger(data) as ledger:
        kept = attestations(data)
        if not kept.witnesses():
            fail("There is no witness to ask: add one with `supply-ledger witness add URL KEY`.")
        note = ledger.proofs.mapped_checkpoint()
        outcomes = submit_to_all(note, ledger.proofs.consistency, kept, now=ledger.now())
    rows = [[one.witness.key.name, "" if one.at is None else one.at.isoformat(), one.problem or ""] for one in outcomes]
    console().print(text_table("Checkpoint", ["witness", "signed at", "problem"], rows))
    if any(one.problem for one in outcomes):
        raise typer.Exit(FAILED)


def _list(data: DataPlace | None) -> None:
    kept = attestations(data)
    if witnesses := kept.witnesses():
        with shown_ledger(data) as ledger:
            of = ledger.proofs.origin
        rows = [
            [
                one.key.name,
                one.url,
                str(kept.cosigned_size(one.key, of)),
                "" if (at := kept.cosigned_at(one.key, of)) is None else at.isoformat(),
                one.key.text(),
            ]
            for one in witnesses
        ]
        console().print(text_table("Witnesses of this ledger", ["witness", "url", "events", "signed at", "key"], rows))
    if logs := watched_logs(data, make=False).logs():
        rows = [
            [one.origin, str(one.size), "" if one.contradiction is None else "it has signed two roots", one.key.text()]
            for one in logs
        ]
        console().print(text_table("Logs watched here", ["log", "events", "problem", "key"], rows))
    if not witnesses and not logs:
        say("No witness signs for this ledger, and no log of others is watched here.")
