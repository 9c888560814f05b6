"""`supply-ledger partitions` and `spark`: the typed versions of a ledger in a place, and folds of them elsewhere."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.cli.options import OPERATION_PANEL, DataOption
from api.cli.segment_transfers import check_apart
from api.cli.session import MISUSED, fail, opened, reporting
from api.cli.terminal import console
from api.settings import name_python_of_executors
from ledger import visible
from ledger.segments import storage_place
from projections.partitions import FOLDED, VersionPlace, export_versions, place_of_answer, spark_fold_into

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

app = typer.Typer()
BUCKETS_DEFAULT = 16


@app.command("partitions", rich_help_panel=OPERATION_PANEL)
def partitions_command(
    place: Annotated[str, typer.Argument(help="A folder, or an address such as s3://bucket/ledger.", metavar="PLACE")],
    buckets: Annotated[
        int | None,
        typer.Option(min=1, help=f"Into how many parts figures and things are put. Default: {BUCKETS_DEFAULT}."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read all that is there and hold it against its digests; write nothing.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Put the typed versions of the ledger into a place, for folds on other machines.

    A second call after one that was cut goes on with it, as long as nothing was recorded in between.
    """
    if check:
        if buckets is not None:
            fail("--buckets says how to write, and --check reads what is there: leave one of the two out", code=MISUSED)
        with reporting(), _bar("Reading") as bar:
            there = VersionPlace(place)
            read = 0
            for one in there.objects():
                read += one.rows
                bar(read, there.manifest.rows)
        manifest, done, named = there.manifest, "Read and verified", there.name
    else:
        check_apart(place, data)
        with opened(data, make=False) as engine, reporting(), _bar("Writing") as bar, engine.tables_at_rest() as tables:
            target = storage_place(place)
            manifest = export_versions(engine.ledger, tables, target, buckets=buckets or BUCKETS_DEFAULT, seen=bar)
        done, named = "There are", str(target)
    _say(f"{done} {manifest.rows} versions in {manifest.buckets} buckets, up to position {manifest.position}: {named}")
    _say(f"The root of the log there is {manifest.root}.")


@app.command("spark", rich_help_panel=OPERATION_PANEL)
def spark_command(
    resource: Annotated[str, typer.Argument(help=f"One of: {', '.join(FOLDED)}.", metavar="RESOURCE")],
    source: Annotated[str, typer.Option("--from", help="Where `partitions` put the versions.", metavar="PLACE")],
    target: Annotated[str, typer.Option("--to", help="Where the items go, as Parquet.", metavar="PLACE")],
    as_of: Annotated[
        str | None, typer.Option(help="What had been published by then. Default: when the last version was recorded.")
    ] = None,
    recorded_as_of: Annotated[
        str | None, typer.Option(help="What the ledger held then: position:N. Default: all versions.")
    ] = None,
    effective_at: Annotated[
        str | None, typer.Option(help="When what holds over time is looked at. Default: as_of.")
    ] = None,
    master: Annotated[
        str | None,
        typer.Option(help="Where Spark runs: local[2], spark://host:7077, yarn. Default: as Spark is set up."),
    ] = None,
) -> None:
    """Fold the typed versions in a place on Apache Spark, and put the items into another.

    Each executor reads its buckets by itself and needs this program; pyspark comes with the extra `spark`, and Java is
    not part of it.
    """
    if resource not in FOLDED:
        fail(f"{resource!r} is not folded bucket by bucket. What is: {', '.join(FOLDED)}.", code=MISUSED)
    clocks = {"as_of": as_of, "recorded_as_of": recorded_as_of, "effective_at": effective_at}
    check_apart(target, None)
    with reporting():
        VersionPlace(source).viewpoint(**clocks)  # Spark takes a while to start, and only then finds a mistake.
        place = place_of_answer(target)
        with _session(master) as session:
            answer = spark_fold_into(session, source, clocks, resource, target)
    basis = answer["basis"]
    where = f"as of {basis['as_of']}, recorded as of {basis['recorded_as_of']}"
    _say(f"Folded {answer['rows']} {resource} {where}: {place}")


@contextmanager
def _session(master: str | None) -> "Iterator[SparkSession]":
    """A session of Spark, ended afterwards."""
    name_python_of_executors()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They are of pyspark's own imports, of which none is used here.
            from pyspark.sql import SparkSession
    except ImportError:
        fail("There is no pyspark here.", "Install it with `pip install 'supply-ledger[spark]'`.")
    builder = SparkSession.builder.appName("supply-ledger")
    if master is not None:
        builder = builder.master(master)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        fail(
            f"Spark does not start: {str(error).strip().partition(chr(10))[0]}",
            "It needs Java 17 or later, and --master a cluster that runs: local[2], spark://host:7077, yarn.",
        )
    try:
        yield session
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        fail(f"Spark could not fold: {_reason(error)}")
    finally:
        session.stop()


def _reason(error: Exception) -> str:
    """What an executor said, where it was one of our errors; else the first line of Spark's."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    ours = (found[1] for line in lines if (found := re.match(r"(?:ledger|projections)\.[\w.]+: (.+)", line.strip())))
    return next(ours, lines[0])


class _Bar:
    """A bar of progress that is told how much is done, of how much."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress, self._task = progress, progress.add_task(label, total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def _bar(label: str) -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        yield _Bar(progress, label)


def _say(line: str) -> None:
    console().print(visible(line), markup=False, highlight=False, soft_wrap=True)
