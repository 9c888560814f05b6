"""The commands by name, each imported when it is asked for.

Python takes half a second to import what reads figures, and two for what draws reports; `--version` needs none of it.
So a table says which module has a command, and the module is imported once the command is run, or listed by `--help`.
A module has its commands on an `app`, as usual in Typer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command, get_command_from_info

from api.cli.command_examples import epilog_of
from api.cli.left_out_imports import LIBRARIES, let_in
from api.cli.quietness import QUIET

if TYPE_CHECKING:
    from typer._click import Command, Context


def _projections() -> Iterable[str]:
    from projections import CATALOGUE

    return CATALOGUE


def _audit_questions() -> Iterable[str]:
    let_in(LIBRARIES)  # Whatever the questions compute with is imported with them.
    from api.questions.audit import AUDIT_QUESTIONS

    return [question.name for question in AUDIT_QUESTIONS]


class CommandModule(NamedTuple):
    """A module with commands, their names, and which of the libraries that are left out they need."""

    module: str
    names: Callable[[], Iterable[str]]
    needs: Iterable[str] = ("numpy",)


NEEDED_BY_OPTIONS: Mapping[str, Iterable[str]] = {"--hangs-on": LIBRARIES}
"""Options of commands that need libraries which these commands do without else."""

MODULES = (
    CommandModule("api.cli.serve_commands", lambda: ("serve", "demo"), needs=LIBRARIES),
    CommandModule("api.cli.mcp_command", lambda: ("mcp",), needs=LIBRARIES),
    CommandModule("api.cli.keys_command", lambda: ("keys",), needs=()),
    CommandModule("api.cli.hooks_command", lambda: ("hooks",)),
    CommandModule("api.cli.record_commands", lambda: ("append", "import")),
    CommandModule("api.cli.erase_command", lambda: ("erase",)),
    CommandModule("api.cli.export_command", lambda: ("export",)),
    CommandModule("api.cli.verify_command", lambda: ("verify",), needs=()),
    CommandModule("api.cli.backup_commands", lambda: ("backup", "restore"), needs=()),
    CommandModule("api.cli.partition_commands", lambda: ("partitions", "spark"), needs=LIBRARIES),
    CommandModule("api.cli.doctor_command", lambda: ("doctor",), needs=()),
    CommandModule("api.cli.config_command", lambda: ("config",), needs=()),
    CommandModule("api.cli.mapping_command", lambda: ("mapping",)),
    CommandModule("api.cli.template_command", lambda: ("template",)),
    CommandModule("api.cli.resource_commands", _projections, needs=()),
    CommandModule("api.cli.audit_commands", _audit_questions, needs=LIBRARIES),
    CommandModule("api.cli.log_commands", lambda: ("events",), needs=()),
    CommandModule("api.cli.sql_command", lambda: ("sql",), needs=LIBRARIES),
    CommandModule("api.cli.asof_command", lambda: ("asof",), needs=LIBRARIES),
    CommandModule("api.cli.check_command", lambda: ("check",), needs=LIBRARIES),
    CommandModule("api.cli.history_command", lambda: ("history",)),
    CommandModule("api.cli.report_command", lambda: ("report",), needs=LIBRARIES),
    CommandModule("api.cli.checkpoint_command", lambda: ("checkpoint", "proof"), needs=()),
    CommandModule("api.cli.receipt_command", lambda: ("receipt",), needs=LIBRARIES),
    CommandModule("api.cli.witness_command", lambda: ("witness",), needs=()),
    CommandModule("api.cli.anchor_command", lambda: ("anchor",), needs=()),
)
"""In the order of `--help`."""


def _be_quiet(wanted: bool) -> None:
    QUIET.set(wanted)


def _with_quiet(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            callback=_be_quiet,
            expose_value=False,
            help="Print no notes and no progress: results and errors alone.",
        ),
    ] = False,
) -> None:
    """A command that has what every command has."""


@cache
def _options_of_all() -> list[Any]:
    """The options of every command."""
    one = typer.Typer(add_completion=False)
    one.command()(_with_quiet)
    return list(get_command(one).params)


class CommandGroup(TyperGroup):
    """A group of commands that are made when they are asked for."""

    def list_commands(self, ctx: "Context") -> list[str]:
        """The names of all commands."""
        return [name for one in MODULES for name in one.names()]

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """The command of a name, made now where it was not before."""
        if cmd_name not in self.commands:
            owner = _owner_of(cmd_name)
            if owner is None:
                self._make_all()  # for then the message names those that are spelled alike
                return None
            self._make(owner, cmd_name)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """The command that words name, and the words behind it."""
        for word in args:
            let_in(NEEDED_BY_OPTIONS.get(word.partition("=")[0], ()))
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **options: Any) -> "Context":
        """Read the words before the command. Raises what is wrong with them, with nothing unseen in it."""
        with _said_visibly():
            return super().make_context(*args, **options)

    def invoke(self, ctx: "Context") -> Any:
        """Run the command; the same holds for its own words."""
        with _said_visibly():
            return super().invoke(ctx)

    def _make(self, owner: CommandModule, name: str) -> None:
        let_in(owner.needs)
        (info,) = (one for one in import_module(owner.module).app.registered_commands if one.name == name)
        self.commands[name] = get_command_from_info(
            info, pretty_exceptions_short=False, rich_markup_mode=self.rich_markup_mode
        )
        self.commands[name].epilog = epilog_of(name)
        self.commands[name].params += _options_of_all()

    def _make_all(self) -> None:
        for owner in MODULES:
            for name in owner.names():
                if name not in self.commands:
                    self._make(owner, name)


@contextmanager
def _said_visibly() -> Iterator[None]:
    """What is wrong with the words of a command repeats them, and they may come from anywhere."""
    try:
        yield
    except TyperException as error:
        if isinstance(message := getattr(error, "message", None), str):
            from ledger import visible

            error.message = visible(message)
        raise


def _owner_of(name: str) -> CommandModule | None:
    """The module that has a command; those whose names are known without an import are looked at first."""
    for owner in sorted(MODULES, key=lambda one: one.names in (_projections, _audit_questions)):
        if name in owner.names():
            return owner
    return None
