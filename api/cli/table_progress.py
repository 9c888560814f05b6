"""Tables that a command has to make before it can answer, with a bar on the terminal that says how far they are."""

from concurrent.futures import ThreadPoolExecutor, wait

from api.cli.terminal import console
from projections import Engine

SHOWN_FROM = 20_000
"""Fewer events are taken in before anybody could read a bar."""

LOOK_EVERY_S = 0.1
READING = "Making tables from the log"
BROUGHT = "Bringing tables"
ORDERING = "Putting their rows in order"


def make_tables(engine: Engine) -> None:
    """Bring the tables up to the head of the log. Raises LedgerDamaged, TablesUnavailable."""
    head = engine.ledger.head()
    if head - engine.position < SHOWN_FROM:
        engine.catch_up()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(READING, total=head)
        with ThreadPoolExecutor(max_workers=1) as beside:
            making = beside.submit(engine.catch_up)
            try:
                while not making.done():
                    made = engine.progress
                    if made.ordered is None:
                        label = BROUGHT if made.is_brought else READING
                        progress.update(task, description=label, completed=made.seen)
                    else:
                        progress.update(task, description=ORDERING, completed=int(head * made.ordered))
                    wait([making], timeout=LOOK_EVERY_S)
            except BaseException:
                engine.close()  # An interrupt ends the making too: nobody waits for it any more.
                raise
        making.result()
