"""`supply-ledger erase`: the text of an event is taken away for good."""

from typing import Annotated, get_args

import typer

from api.cli.options import OPERATION_PANEL, DataOption, one_of
from api.cli.session import fail, opened_ledger
from api.cli.terminal import console
from api.operations.erasure_watch import scrub
from api.operations.table_places import all_table_files
from api.problems import refused
from api.settings import data_directory
from ledger import Refused, visible
from ledger.events import ErasureReason
from projections import tables_removed

app = typer.Typer()


@app.command("erase", rich_help_panel=OPERATION_PANEL)
def erase_command(
    event: Annotated[str, typer.Argument(help="The event_id of the event.", metavar="EVENT")],
    reason: Annotated[str, typer.Option(help=f"Why: {', '.join(get_args(ErasureReason))}.")],
    explanation: Annotated[
        str, typer.Option(help="Why, in words that do not say again what is to go.", metavar="TEXT")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: DataOption = None,
) -> None:
    """Take what an event said out of the ledger for good. Its place and its proof stay, with who did it and why."""
    one_of("--reason", reason, get_args(ErasureReason))
    with opened_ledger(data, make=False) as ledger:
        if not yes:
            typer.confirm(f"Erase event {visible(event)} for good? Nothing brings it back", abort=True)
        try:
            (item,) = ledger.erase(event, reason=reason, explanation=explanation).items
        except Refused as error:
            raise refused(error, batch=True) from None
        why = scrub(ledger)
        removed = [tables_removed(path) for path in all_table_files(data_directory(data))]
    out = console()
    out.print(visible(f"Erased: event {event}. Position {item['position']} says so."), markup=False, highlight=False)
    if not all(removed):
        out.print("A server has the tables in use, and makes them anew without it within seconds.", highlight=False)
    out.print("Backups and exports that were made before still hold it.", highlight=False)
    if why is not None:
        fail(f"Some bytes of it may be left in the log's files: {why}.", "Run `supply-ledger doctor` in a while.")
