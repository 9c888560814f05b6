"""The report of an import as tables on the terminal."""

from pathlib import Path
from typing import Any

from api.cli.terminal import console, text_table
from ledger import ImportReport

KEY = ("subject", "metric", "material", "period")
ODD_SHOWN = 100
"""So many warnings are shown: a thousand would push what was recorded off the screen, and take seconds to lay out."""


def print_import(report: ImportReport, *, atomic: bool, file: Path) -> None:
    """Print what became of a file, or in a dry run what would become of it."""
    out = console()
    if report.dry_run:
        out.print("A dry run: nothing was recorded.", style="bold", markup=False, highlight=False)
    if report.rejected and atomic and not report.dry_run:
        out.print(
            f"Nothing was recorded: {_rows(report.rejected)} rejected.", style="bold red", markup=False, highlight=False
        )
    else:
        recorded = "To be recorded" if report.dry_run else "Recorded"
        out.print(
            f"{recorded} {report.recorded}, already there {report.duplicate}, rejected {report.rejected}; "
            f"the log's head is position {report.position}.",
            markup=False,
            highlight=False,
        )
    for said in (*report.notes, *_more(report)):
        out.print(said, markup=False, highlight=False)
    faults = [one.as_dict() for one in report.faults]
    for one in faults:
        if "rows_more" in one:
            one["rows"] += f" and {one['rows_more']} more"
    _print("Rejected", faults, ("rows", "count", "pointer", "rule", "detail"), report.faults.more)
    if kinds := sorted({one.unregistered for one in report.faults if one.unregistered is not None}):
        kind = kinds[0] or "country"
        aggregates = ", and what is several together, as World or Total, a region" if kind == "country" else ""
        out.print(
            f"To register what nobody has registered: supply-ledger import {file} --register {kind}, with the other "
            "options as they were. A publisher becomes an organisation, a material a material; what may be anything, "
            f"as a subject, becomes a {kind}{aggregates}. With --dry-run it is only listed.",
            markup=False,
            highlight=False,
        )
    title = "To be registered" if report.dry_run else "Registered"
    _print(title, report.registered, ("row", "entity", "kind", "name"), report.registered_more)
    shown = [one for one in report.changed if not report.errors or report.corrected]
    _print("Says otherwise than what is held", shown, ("row", "before", "after", "event_id"), 0)
    missing = [{**one, "figure": " ".join(str(one[name]) for name in KEY if name in one)} for one in report.missing]
    columns = ("where", "figure", "published_at", "became", "event_id")
    _print("Not in the file", missing, columns, report.missing_more)
    odd = report.warnings[:ODD_SHOWN]
    _print("Legal, but odd", odd, ("row", "pointer", "detail"), report.warned - len(odd))


def _more(report: ImportReport) -> list[str]:
    said = []
    if report.corrected:
        said.append(f"{_rows(report.corrected)} taken as corrections of what was held.")
    if report.repeated:
        said.append(f"{_rows(report.repeated)} skipped: another row of the file says the same.")
    for since, count in report.since.items():
        first = next(one for one in report.changed_since if one["since"] == since)
        if since == "replaced":
            said.append(
                f"{_rows(count)} there already, and what counts was said since, beginning with row {first['row']}, "
                f"which is the event at position {first['position']}. Where it is to be so again, give the row an "
                "event_id of its own."
            )
            continue
        way_back = "EventCorrected" if since == "corrected" else "EventReinstated"
        said.append(
            f"{count} of those already there were {since} since, and stay so, beginning with row {first['row']}. Where "
            f"the file is right after all, append an {way_back} with the target {first['event_id']}."
        )
    return said


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"


def _print(title: str, items: list[dict[str, Any]], columns: tuple[str, ...], more: int) -> None:
    if items:
        rows = [[str(one[name]) for name in columns] for one in items]
        console().print(text_table(title, list(columns), rows))
    if more:
        console().print(f"There are {more} more, which are not listed.", markup=False, highlight=False)
