"""The report of an import as tables on the terminal."""

from typing import Any

from api.cli.terminal import console, text_table
from ledger import ImportReport

KEY = ("subject", "metric", "material", "period")


def print_import(report: ImportReport, *, atomic: bool) -> None:
    """Print what became of a file, or in a dry run what would become of it."""
    out = console()
    if report.dry_run:
        out.print("A dry run: nothing was recorded.", style="bold", highlight=False)
    if report.rejected and atomic and not report.dry_run:
        out.print(f"Nothing was recorded: {_rows(report.rejected)} rejected.", style="bold red", highlight=False)
    else:
        recorded = "To be recorded" if report.dry_run else "Recorded"
        out.print(
            f"{recorded} {report.recorded}, already there {report.duplicate}, rejected {report.rejected}; "
            f"the log's head is position {report.position}.",
            highlight=False,
        )
    for said in _more(report):
        out.print(said, highlight=False)
    _print("Rejected", report.errors, ("row", "pointer", "rule", "detail"), report.errors_more)
    shown = [one for one in report.changed if not report.errors or report.corrected]
    _print("Says otherwise than what is held", shown, ("row", "before", "after", "event_id"), 0)
    missing = [{**one, "figure": " ".join(str(one[name]) for name in KEY if name in one)} for one in report.missing]
    columns = ("where", "figure", "published_at", "became", "event_id")
    _print("Not in the file", missing, columns, report.missing_more)
    _print("Legal, but odd", report.warnings, ("row", "pointer", "detail"), report.warned - len(report.warnings))


def _more(report: ImportReport) -> list[str]:
    said = []
    if report.corrected:
        said.append(f"{_rows(report.corrected)} taken as corrections of what was held.")
    if report.repeated:
        said.append(f"{_rows(report.repeated)} skipped: another row of the file says the same.")
    said += [
        f"{count} of those already there were {since} since, and stay so." for since, count in report.since.items()
    ]
    return said


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"


def _print(title: str, items: list[dict[str, Any]], columns: tuple[str, ...], more: int) -> None:
    if items:
        rows = [[str(one[name]) for name in columns] for one in items]
        console().print(text_table(title, list(columns), rows))
    if more:
        console().print(f"There are {more} more, which are not listed.", highlight=False)
