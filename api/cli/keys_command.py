"""`supply-ledger keys`: who may ask a server over the network, who may append, and under which name."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from api.cli.options import SERVE_PANEL, DataOption, Output, one_of
from api.cli.session import fail
from api.cli.terminal import console, text_table
from api.formats.cells import json_text
from api.keys.key_file import KEYS_FILE, Key, KeyFile, KeyRefused, KeysUnreadable, now_us
from api.keys.scopes import Scope, scopes_in
from api.settings import data_directory
from ledger.values import instant_text

ACTIONS = ("create", "list", "rotate", "revoke")
SPAN = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

app = typer.Typer()


@app.command("keys", rich_help_panel=SERVE_PANEL)
def keys_command(
    action: Annotated[str, typer.Argument(help="create, list, rotate or revoke.", metavar="ACTION")],
    name: Annotated[str | None, typer.Argument(help="Of the key; `recorded_by` of what it appends.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Of create: read, append or admin (which includes both); several with commas."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="Of create, rotate: the last day (2027-01-31), an instant, or a span (90d, 12h)."),
    ] = None,
    grace: Annotated[
        str | None, typer.Option(help="Of rotate: how long the old secret still works (1h, 7d). Default: no time.")
    ] = None,
    output: Annotated[Output, typer.Option("--format", help="Of list: table or json.")] = Output.table,
    data: DataOption = None,
) -> None:
    """Make and withdraw the keys that a server asks for. `create` and `rotate` print the key, once and never again;
    `revoke` holds from the next request on, and for ever: a name is never given to another key.
    """
    one_of("ACTION", action, ACTIONS)
    _check_options(action, name, scope=scope, expires=expires, grace=grace)
    keys = KeyFile(data_directory(data).path / KEYS_FILE)
    try:
        if action == "list":
            _print_list(keys.listed(), output)
        elif action == "create":
            is_first = not keys.is_there()
            text = keys.create(str(name), _scopes(scope or []), expires_at=_instant_us(expires))
            _print_key(text, f"The key {name}")
            if is_first:
                _say("It is the first: from now on every server over this data directory asks for keys.")
        elif action == "rotate":
            grace_us = _span_s(grace or "0s", "--grace") * 1_000_000
            text = keys.rotate(str(name), grace_us=grace_us, expires_at=_instant_us(expires))
            _print_key(text, f"The new secret of {name}")
            _say("The old one works no more." if not grace_us else f"The old one works for {grace} yet.")
        else:
            keys.revoke(str(name))
            _say(f"Revoked: {name} opens nothing any more, from the next request on.")
    except (KeyRefused, KeysUnreadable) as error:
        fail(str(error))


def _check_options(action: str, name: str | None, **options: object) -> None:
    if (name is None) != (action == "list"):
        fail(f"keys {action} takes {'no name' if action == 'list' else 'a NAME'}.", code=2)
    taken = {"create": {"scope", "expires"}, "rotate": {"grace", "expires"}}.get(action, set())
    for option, value in options.items():
        if value is not None and option not in taken:
            fail(f"keys {action} takes no --{option}.", code=2)
    if action == "create" and not options["scope"]:
        fail("Say what the key is for: --scope read, append or admin (several with commas).", code=2)


def _scopes(given: list[str]) -> frozenset[Scope]:
    try:
        return scopes_in(",".join(given))
    except ValueError as error:
        fail(f"--scope is {error}, not {','.join(given)!r}.", code=2)


def _span_s(text: str, flag: str) -> int:
    match = SPAN.fullmatch(text)
    if match is None:
        fail(f"{flag} is a span such as 90d, 12h, 30m or 10s, not {text!r}.", code=2)
    return int(match[1]) * SECONDS[match[2]]


def _instant_us(text: str | None) -> int | None:
    """When a key expires: after a span from now, at an instant, or when a day has ended (UTC)."""
    if text is None:
        return None
    if SPAN.fullmatch(text):
        return now_us() + _span_s(text, "--expires") * 1_000_000
    try:
        if len(text) == len("2027-01-31"):
            at = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(days=1)
        else:
            at = datetime.fromisoformat(text)
            if at.tzinfo is None:
                raise ValueError
    except (ValueError, OverflowError):
        fail(f"--expires is a day (2027-01-31), an instant with its offset, or a span (90d), not {text!r}.", code=2)
    return (at - _EPOCH) // timedelta(microseconds=1)


def _print_key(text: str, what: str) -> None:
    """The key alone goes to the standard output, so that a script can take it."""
    _say(f"{what}, shown this once and kept nowhere. Send it as the header Authorization: Bearer KEY.")
    typer.echo(text)


def _say(text: str) -> None:
    console(stderr=True).print(text, markup=False, highlight=False)


def _print_list(keys: list[Key], output: Output) -> None:
    now = now_us()
    if output is Output.table:
        columns = ["name", "scopes", "state", "created", "expires", "revoked", "secrets"]
        rows = [[str(value or "") for value in _row(key, now).values()] for key in keys]
        console().print(text_table("Keys", columns, rows))
        if not keys:
            note = "None: a server on a loopback address is open to this machine, and serves on no other address."
            console().note(note)
    else:
        typer.echo(json_text({"items": [_row(key, now) for key in keys]}))


def _row(key: Key, now: int) -> dict[str, object]:
    return {
        "name": key.name,
        "scopes": ",".join(scope for scope in Scope if scope in key.scopes),
        "state": key.state(now),
        "created_at": _text(key.created_at),
        "expires_at": _text(key.expires_at),
        "revoked_at": _text(key.revoked_at),
        "secrets": key.secrets,
    }


def _text(at: int | None) -> str | None:
    return None if at is None else instant_text(_EPOCH + timedelta(microseconds=at))
