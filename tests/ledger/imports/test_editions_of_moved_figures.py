"""What an edition leaves out is told of figures and publishers as they are now, whatever was merged or corrected."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger import ImportReport, Ledger, import_file
from tests.ledger.conftest import WORLD, correction, figure

Row = dict[str, Any]
ID = "00000001-0000-4000-8000-000000000000"
MORE = [
    {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.title()}
    for slug, kind in (
        ("earth", "region"),
        *((slug, "organisation") for slug in ("us-gs", "us-geological-survey", "the-survey", "geological-survey")),
    )
]
AUSTRALIA = figure("5", subject="australia")
NEXT = {"published_at": "2025-01-31"}
NEXT_AUSTRALIA = {**AUSTRALIA, **NEXT}


def merge(kept: str, merged: str) -> Row:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "one and the same"}


def taken_in(tmp_path: Path, before: list[Row], rows: list[Row], **how: Any) -> tuple[ImportReport, list[Row]]:
    """What is said of a file, and the events that are recorded by it that are no rows of it."""
    path = tmp_path / "edition.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, *MORE])
        for one in before:
            ledger.append([one])
        head = ledger.head()
        report = import_file(ledger, path, **{"scope": "usgs:2025-01-31", "on_missing": "withdraw", **how})
        told = [{"type": entry.type, **entry.body} for entry in ledger.entries(after=head)]
    return report, [one for one in told if one["type"] in ("FigureWithdrawn", "EventRetracted")]


IN_THE_FILE: dict[str, tuple[list[Row], list[Row]]] = {
    "its subject was merged": (
        [figure(subject="earth"), AUSTRALIA, merge("world", "earth")],
        [figure(**NEXT), NEXT_AUSTRALIA],
    ),
    "the file has the name that was merged": (
        [figure(), AUSTRALIA, merge("world", "earth")],
        [figure(subject="earth", **NEXT), NEXT_AUSTRALIA],
    ),
    "it was corrected to this figure in the edition before": (
        [figure(subject="china", event_id=ID), AUSTRALIA, correction(ID, subject="world")],
        [figure(**NEXT), NEXT_AUSTRALIA],
    ),
    "it was corrected to this figure in this edition": (
        [figure(), AUSTRALIA, figure(subject="china", event_id=ID, **NEXT), correction(ID, subject="world")],
        [figure(**NEXT), NEXT_AUSTRALIA],
    ),
    "it was corrected to be of another publisher": (
        [figure(event_id=ID), AUSTRALIA, correction(ID, **{"source.publisher": "bgs"})],
        [NEXT_AUSTRALIA],
    ),
}


@pytest.mark.parametrize("name", IN_THE_FILE)
def test_what_the_file_says_of_a_figure_is_not_missing(tmp_path: Path, name: str) -> None:
    report, told = taken_in(tmp_path, *IN_THE_FILE[name])
    assert (report.missing, told) == ([], [])


LEFT_OUT: dict[str, tuple[list[Row], list[Row]]] = {
    "its publisher was merged": (
        [figure(source={"publisher": "us-gs"}), AUSTRALIA, merge("usgs", "us-gs")],
        [NEXT_AUSTRALIA],
    ),
    "the file has the publisher that was merged": (
        [figure(), AUSTRALIA, merge("usgs", "us-gs")],
        [{**NEXT_AUSTRALIA, "source": {"publisher": "us-gs"}}],
    ),
    "its publisher is one of many that were merged": (
        [
            figure(source={"publisher": "the-survey"}),
            AUSTRALIA,
            *(merge("usgs", str(one["entity"])) for one in MORE if one["kind"] == "organisation"),
        ],
        [NEXT_AUSTRALIA],
    ),
    "it was corrected to be of this publisher": (
        [figure(event_id=ID, source={"publisher": "bgs"}), AUSTRALIA, correction(ID, **{"source.publisher": "usgs"})],
        [NEXT_AUSTRALIA],
    ),
    "it was corrected to this figure": (
        [figure(subject="china", event_id=ID), AUSTRALIA, correction(ID, subject="world")],
        [NEXT_AUSTRALIA, figure(subject="china", **NEXT)],
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_the_file_says_nothing_of_is_missing(tmp_path: Path, name: str) -> None:
    before, rows = LEFT_OUT[name]
    report, told = taken_in(tmp_path, before, rows)
    assert [(one["subject"], one["became"]) for one in report.missing] == [("world", "withdrawn")]
    assert [(one["type"], one["subject"], one["published_at"]) for one in told] == [
        ("FigureWithdrawn", "world", "2025-01-31")
    ]


def test_the_date_of_a_scope_is_one_however_it_is_printed(tmp_path: Path) -> None:
    before = [
        figure(event_id=ID, published_at="2024-01-31T08:00:00+08:00"),
        {**AUSTRALIA, "published_at": "2024-01-31T00:00:00Z"},
    ]
    how = {"scope": "usgs:2024-01-31T00:00:00Z", "on_missing": "retract"}
    report, told = taken_in(tmp_path, before, before[1:], **how)
    assert [(one["subject"], one["became"]) for one in report.missing] == [("world", "retracted")]
    assert [one["target"] for one in told] == [ID]


def test_a_merged_name_in_the_file_says_what_is_in_the_scope(tmp_path: Path) -> None:
    before = [figure(subject="earth"), AUSTRALIA, merge("world", "earth")]
    report, told = taken_in(tmp_path, before, [figure(), AUSTRALIA], scope="usgs:2024-01-31", on_missing="retract")
    assert (report.duplicate, report.missing, told) == (2, [], [])
