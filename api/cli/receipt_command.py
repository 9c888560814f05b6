"""`supply-ledger receipt`: an answer with a signed receipt, for whoever does not believe it; and whether it is true."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote

import typer

from api.cli.options import DataOption
from api.cli.proof_session import PROOF_PANEL, OutputOption, bytes_of, give, say, showing
from api.cli.session import FAILED, MISUSED, fail, opened
from api.formats.cells import json_text
from api.questions.answer_receipts import with_receipt
from api.questions.asked_paths import API_PREFIX, question_at
from api.questions.parameters import Parameter, checked
from api.questions.repeated_question import asked
from api.questions.replayed_receipts import INVALID, SAME, Sent, answer_is_false, sent_receipt, verdict_on
from api.settings import DataPlace
from ledger import parse_json, visible_json
from ledger.proof import NoteError, VerifierKey, proved

FIGURE_HISTORY = "history"
_FULL = ("receipt", "full")

app = typer.Typer()


@app.command(
    "receipt",
    rich_help_panel=PROOF_PANEL,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def receipt_command(
    context: typer.Context,
    question: Annotated[
        str | None,
        typer.Argument(
            help="A command that reads, with its options (figures --subject china), or a path of the API "
            "(/v1/figures?subject=china).",
            metavar="QUESTION",
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(help="Verify a receipt, or an answer that has one, and ask its question again.", metavar="FILE"),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Verify by the keys alone, without a ledger: needs --key.")
    ] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key that is trusted besides this log's own; may be given often.", metavar="KEY"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say the verdict as JSON.")] = False,
    output: OutputOption = None,
    data: DataOption = None,
) -> None:
    """An answer with its receipt: signed, with the events that decided it and their proofs. Or verify one.

    Verifying ends with 1 where the receipt is not true, or the answer is not the same any more.
    """
    if (question is None) is (verify is None):
        fail("Ask a question (figures --subject china), or --verify a receipt.", code=MISUSED)
    if verify is None:
        if offline or as_json or key:
            fail("--offline, --json and --key are for --verify.", code=MISUSED)
        answer = _answered(str(question), context.args, data)
        # A terminal gets what it would obey written out; what goes on to a file or a program is never changed.
        is_shown = output is None and sys.stdout.isatty()
        give(visible_json(answer.decode()).encode() if is_shown else answer, output)
        return
    if context.args:
        fail(f"--verify takes no {context.args[0]!r}.", code=MISUSED)
    keys = _keys(key or ())
    if offline and not keys:
        fail("--offline needs the public key of the log: --key.", code=MISUSED)
    found = _checked_alone(bytes_of(verify), keys) if offline else _verdict(bytes_of(verify), keys, data)
    give(f"{json.dumps(found)}\n".encode(), output) if as_json else _say(found)
    if found["verdict"] != SAME:
        raise typer.Exit(FAILED)


def _answered(question: str, words: Sequence[str], data: DataPlace | None) -> bytes:
    """The answer to a question with its receipt, as the API gives it."""
    path, given = _path_of(question, words)
    found = question_at(path)
    if found is None:
        fail(f"{question} asks nothing that has receipts; for example: figures --subject china.", code=MISUSED)
    pairs = [*given, *_options(words if path == _plain(question) else words[1:], found.known), _FULL]
    with showing(), opened(data, make=False) as engine:
        parameters = checked(pairs, found.known)
        page = asked(lambda: with_receipt(engine, found.ask(engine, parameters), path, parameters))
        body = {"items": page.rows(), "next": page.next, "basis": page.basis, **page.more}
    return f"{json_text(body)}\n".encode()


def _path_of(question: str, words: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """The path of a question, and the parameters that stand in it."""
    if question == FIGURE_HISTORY and words:
        return f"{API_PREFIX}figures/{words[0]}/{FIGURE_HISTORY}", []
    _, _, query = question.partition("?")
    return _plain(question), parse_qsl(query, keep_blank_values=True)


def _plain(question: str) -> str:
    path = unquote(question.partition("?")[0])
    return path if path.startswith("/") else API_PREFIX + path


def _options(words: Sequence[str], known: Sequence[Parameter]) -> list[tuple[str, str]]:
    """The options of a question as its parameters: `--as-of` is as_of, `--dimension stage=mine` is dimension.stage."""
    found, rest = [], list(words)
    prefixes = {one.prefix.rstrip("."): one.prefix for one in known if one.prefix is not None}
    while rest:
        flag, equals, text = rest.pop(0).partition("=")
        if not flag.startswith("--") or not (equals or rest):
            fail(f"{flag!r} is no option with a value; write --subject china.", code=MISUSED)
        name, value = flag[2:].replace("-", "_"), text if equals else rest.pop(0)
        if name in prefixes:
            part, _, value = value.partition("=")
            name = prefixes[name] + part
        found.append((name, value))
    return found


def _keys(texts: Sequence[str]) -> list[VerifierKey]:
    try:
        return [VerifierKey.parse(text) for text in texts]
    except NoteError as error:
        fail(f"This is no verifier key: {error}.", code=MISUSED)


def _verdict(raw: bytes, keys: Sequence[VerifierKey], data: DataPlace | None) -> dict[str, Any]:
    """What the ledger says of a receipt."""
    with showing(), opened(data, make=False) as engine:
        sent = sent_receipt(parse_json(raw))
        return asked(lambda: verdict_on(engine, sent, keys=keys))


def _checked_alone(raw: bytes, keys: Sequence[VerifierKey]) -> dict[str, Any]:
    """What a receipt shows to whoever has a key and no ledger: that it is true, not that it is still so."""
    with showing():
        sent: Sent = sent_receipt(parse_json(raw))
        proved(sent.document, sent.receipt, keys)
    false, receipt = answer_is_false(sent), sent.receipt
    return {
        "verdict": SAME if false is None else INVALID,
        "reasons": [] if false is None else [{"rule": "other_answer", "detail": false}],
        "events": len(receipt.events),
        "whole_streams": len(receipt.streams),
        "offline": True,
    }


def _say(found: dict[str, Any]) -> None:
    """The verdict for people."""
    shown = {
        "same": "The receipt is true, and the answer is still the same.",
        "differs": "The receipt is true, and the answer is not the same any more.",
        "invalid": "The receipt, or the answer that it came with, is not true.",
    }
    proved_alone = found.get("offline") and found["verdict"] == SAME
    say("The receipt is true." if proved_alone else shown[found["verdict"]])
    for reason in found.get("reasons", ()):
        say(f"  {reason['rule']}: {reason['detail']}")
    for one in found.get("differences", ()):
        place = f"item {one['item']}" if "item" in one else one["member"]
        say(f"  {place}: {json_text(one['before'])} is now {json_text(one['after'])}")
    say(f"It rests on {'1 event' if found['events'] == 1 else str(found['events']) + ' events'}.")
    if found["whole_streams"]:
        streams = "1 stream" if found["whole_streams"] == 1 else f"{found['whole_streams']} streams"
        say(f"No event was left out of {streams}.")
