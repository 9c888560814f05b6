"""`supply-ledger hooks`: addresses that a server tells of events, or of answers that have changed."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import typer

from api.cli.options import SERVE_PANEL, DataOption, Output, one_of
from api.cli.session import MISUSED, fail, opened, reporting
from api.cli.terminal import console, text_table
from api.formats.cells import json_text
from api.hooks.hook import EVENT, Hook, Place, checked_condition, checked_filters, new_secret
from api.hooks.hook_file import HOOKS_FILE, DeadLetter, HookFile, HookRefused, HooksUnreadable
from api.hooks.hook_messages import check_question
from api.outbound.http_exchange import NoAnswer, checked_url, is_public
from api.settings import DataPlace, data_directory
from ledger.values import EPOCH, instant_text
from projections import Engine

ACTIONS = ("add", "list", "dead", "pause", "resume", "rewind", "remove")

app = typer.Typer()


@app.command("hooks", rich_help_panel=SERVE_PANEL)
def hooks_command(
    action: Annotated[str, typer.Argument(help=", ".join(ACTIONS) + ".", metavar="ACTION")],
    which: Annotated[
        str | None, typer.Argument(help="Of add: the address (URL). Of the others: the hook's name.", metavar="WHICH")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of add: its name. Default: the host of the address.")] = None,
    when: Annotated[
        str | None,
        typer.Option(help="Of add: event (each event), changed (each answer that changes), or changed>5%."),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            help="Of add: NAME=VALUE, as in /v1/events or, of answers, /v1/diff, or reliance=NAME; repeatable.",
        ),
    ] = None,
    start: Annotated[
        int | None,
        typer.Option("--from", help="Of add, rewind: the position after which it begins. Default of add: the last."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--allow-private", help="Of add: the address may be of this machine or a private network.")
    ] = False,
    output: Annotated[Output, typer.Option("--format", help="Of list, dead: table or json.")] = Output.table,
    data: DataOption = None,
) -> None:
    """Addresses that a server tells of events, or of answers that have changed: CloudEvents, signed by Standard
    Webhooks. `add` prints the secret to check them with, once; `dead` shows what did not arrive.
    """
    one_of("ACTION", action, ACTIONS)
    takes_no_name = action in ("list", "dead")
    if (which is None) != takes_no_name:
        wanted = "no name" if takes_no_name else "an address" if action == "add" else "the name of a hook"
        fail(f"hooks {action} takes {wanted}.", code=MISUSED)
    given = {"--name": name, "--when": when, "--filter": filters, "--allow-private": private or None, "--from": start}
    for option, value in given.items():
        if value is not None and action != "add" and (option, action) != ("--from", "rewind"):
            fail(f"hooks {action} takes no {option}.", code=MISUSED)
    file = HookFile(data_directory(data).path / HOOKS_FILE)
    try:
        if action == "add":
            _add(file, str(which), data, name=name, when=when or EVENT, filters=filters, start=start, private=private)
        elif action == "list":
            _print_hooks(file.listed(), output)
        elif action == "dead":
            _print_dead(file.dead_letters(), output)
        elif action == "rewind":
            if start is None:
                fail("Say after which position it goes on: --from POSITION.", code=MISUSED)
            with opened(data, make=False) as engine, reporting():
                file.rewind(str(which), _place(engine, start))
            _say(f"{which} goes on after position {start}.")
        elif action == "pause":
            file.pause(str(which), "by hand")
            _say(f"{which} is sent nothing, until `hooks resume {which}`.")
        elif action == "resume":
            file.resume(str(which))
            _say(f"{which} goes on where it had got to.")
        else:
            file.remove(str(which))
            _say(f"{which} is no more.")
    except (HookRefused, HooksUnreadable) as error:
        fail(str(error))


def _add(
    file: HookFile,
    url: str,
    data: DataPlace | None,
    *,
    name: str | None,
    when: str,
    filters: list[str] | None,
    start: int | None,
    private: bool,
) -> None:
    try:
        address = checked_url(url, with_query=True)
    except NoAnswer as error:
        fail(f"{error}.", code=MISUSED)
    host = (urlsplit(address).hostname or "").lower()
    if not private and _is_here(host):
        fail(
            f"{host} is of this machine or a private network, and nothing would be sent there.",
            "Add --allow-private where that is meant.",
            code=MISUSED,
        )
    given: dict[str, str] = {}
    for text in filters or []:
        key, equals, value = text.partition("=")
        if not equals or key in given:
            fail(f"--filter is NAME=VALUE, each name once, not {text[:80]!r}.", code=MISUSED)
        given[key] = value
    secret = new_secret()
    called = name or host
    with opened(data, make=False) as engine, reporting():
        condition = checked_condition(when)
        asked = checked_filters(condition, given)
        place = _place(engine, engine.ledger.head() if start is None else start)
        check_question(engine, condition, asked)
        file.add(
            called, address, secret=secret, condition=condition, filters=asked, may_be_private=private, place=place
        )
    typer.echo(secret)
    _say(
        f"That is the secret of {called}, shown this once: its receiver checks messages with it. A server over this "
        "data directory sends them from now on."
    )


def _is_here(host: str) -> bool:
    """Whether a host is no public one, as far as its name alone tells. What a name stands for is looked up when
    something is sent.
    """
    try:
        return not is_public(ip_address(host.partition("%")[0]))
    except ValueError:
        return host == "localhost"


def _place(engine: Engine, position: int) -> Place:
    """A position, and when it was recorded: until then hooks have been told everything. Raises Problem."""
    at = engine.viewpoint(recorded_as_of=f"position:{position}")
    recorded = engine.ledger.at_positions([position]) if position else []
    return Place(position, recorded[0].envelope()["recorded_at"] if recorded else instant_text(at.as_of))


def _print_hooks(hooks: list[Hook], output: Output) -> None:
    if output is Output.json:
        typer.echo(json_text({"items": [_shown(one) for one in hooks]}))
        return
    if not hooks:
        console().print("No hooks. `supply-ledger hooks add URL` makes one.", markup=False, highlight=False)
        return
    rows = []
    for one in hooks:
        state = "paused" if one.paused else "waits" if one.failures else "ok"
        asked = " ".join([one.condition, *(f"{name}={value}" for name, value in one.filters.items())])
        rows.append([one.name, one.url, asked, str(one.place.position), str(one.delivered), state])
    console().print(text_table("Hooks", ["name", "url", "when", "position", "delivered", "state"], rows))
    for one in hooks:
        if why := one.paused or one.error:
            _say(f"{one.name}: {why}")


def _shown(hook: Hook) -> dict[str, object]:
    return {
        "name": hook.name,
        "url": hook.url,
        "when": hook.condition,
        "filters": dict(hook.filters),
        "position": hook.place.position,
        "delivered": hook.delivered,
        "delivered_at": None if hook.delivered_at is None else _instant(hook.delivered_at),
        "failures": hook.failures,
        "paused": hook.paused,
        "error": hook.error,
    }


def _print_dead(letters: list[DeadLetter], output: Output) -> None:
    shown = [{**one._asdict(), "at": _instant(one.at)} for one in letters]
    if output is Output.json:
        typer.echo(json_text({"items": shown}))
    elif not shown:
        _say("Nothing was given up.")
    else:
        console().print(
            text_table("Given up", list(shown[0]), [[str(value) for value in one.values()] for one in shown])
        )
        _say("`supply-ledger hooks rewind NAME --from POSITION` tells it again from there on.")


def _instant(since_1970_us: int) -> str:
    return instant_text(EPOCH + timedelta(microseconds=since_1970_us))


def _say(text: str) -> None:
    console(stderr=True).print(text, markup=False, highlight=False)
