"""A session of the command line: the ledger of a data directory, opened and closed, and what to say when it fails."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from api.cli.table_progress import make_tables
from api.cli.terminal import console
from api.problems import Problem, problem_of
from api.settings import CLOCK_CONFIRMED, WARM_FROM, DataPlace, data_directory
from api.settings_file import BadSetting
from ledger import BackupError, Ledger, LedgerError, PlaceError, visible
from projections import Engine, FilterError, QuestionsRefused, TablesUnavailable, UnknownFilter

FAILED = 1
MISUSED = 2


@contextmanager
def opened(data: DataPlace | None, *, make: bool, warm_from: str | None = None) -> Iterator[Engine]:
    """The engine over the ledger of a data directory, closed afterwards. With `make`, an absent one is made.

    Without it the tables are made before the block begins.
    """
    with (
        opened_ledger(data, make=make) as ledger,
        engine_beside(ledger, data, ready=not make, warm_from=warm_from) as engine,
    ):
        yield engine


@contextmanager
def engine_beside(
    ledger: Ledger, data: DataPlace | None, *, ready: bool = True, warm_from: str | None = None
) -> Iterator[Engine]:
    """The engine over a ledger that is open, closed afterwards; `ready` where its tables are made before."""
    with engine_at(ledger, data_directory(data).projections_path, warm_from=warm_from) as engine:
        if ready:
            make_tables(engine)
        yield engine


@contextmanager
def engine_at(ledger: Ledger, tables: Path, *, warm_from: str | None = None) -> Iterator[Engine]:
    """The engine over a ledger that is open, whose tables are in a file, closed afterwards; where these lack much,
    they are taken from the place `warm_from`, which by default is the one that is set.
    """
    engine = Engine.beside(ledger, tables, warm_from=warm_from or WARM_FROM.value())
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def opened_ledger(data: DataPlace | None, *, make: bool) -> Iterator[Ledger]:
    """The ledger of a data directory, closed afterwards. With `make`, an absent one is made."""
    chosen = data_directory(data)
    with reporting():
        is_there = chosen.has_ledger
    if not is_there:
        if not make:
            fail(
                f"There is no ledger in {chosen.name}.",
                "Make one with `supply-ledger demo`, `append` or `import`, or name another directory with --data.",
            )
        try:
            if chosen.address is None:
                chosen.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fail(f"Cannot make the data directory {chosen.path}: {error.strerror}.", "Name another with --data.")
    with reporting():
        ledger = chosen.ledger(confirmed=CLOCK_CONFIRMED.value())
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def reporting() -> Iterator[None]:
    """Turn every error that a user can do something about into a message and an exit code."""
    try:
        yield
    except (BackupError, PlaceError) as error:
        fail(f"{error}.")
    except (Problem, LedgerError, FilterError, QuestionsRefused, TablesUnavailable, UnknownFilter) as error:
        problem = problem_of(error)
        lines = [
            f"  {_place(fault)}: {fault['detail']}"
            for fault in problem.errors or ()
            if fault["detail"] != problem.detail
        ]
        if "errors_more" in problem.more:
            lines.append(f"  and {problem.more['errors_more']} more")
        fail(problem.detail, *lines, code=MISUSED if problem.kind == "bad-parameter" else FAILED)
    except BadSetting as error:
        fail(str(error), code=MISUSED)


def _place(fault: Mapping[str, Any]) -> str:
    place = fault.get("pointer") or fault.get("parameter") or "(the event)"
    return f"row {fault['row']} {place}" if "row" in fault else str(place)


def fail(message: str, *hints: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and what to do, and leave with an exit code."""
    out = console(stderr=True, is_error=True)
    out.print(visible(f"Error: {message}"), style="bold red", markup=False, highlight=False)
    for hint in hints:
        out.print(visible(hint), markup=False, highlight=False)
    raise typer.Exit(code)
