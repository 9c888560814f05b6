"""A fact is known by what it says: files that grow, that are saved otherwise, and that contradict what is held."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger import ImportReport, Ledger, import_file
from ledger.imports import importer, rows
from tests.ledger.conftest import correction, figure, reinstatement, retraction

HEADER = "type,subject,metric,period,value,unit,published_at,source.publisher,source.title,note\n"


def line(period: str, value: str, *, published: str = "2025-01-31", note: str = "", title: str = "MCS") -> str:
    return f"ProductionReported,world,mine_production,{period},{value},t,{published},usgs,{title},{note}\n"


JANUARY = [line("2021", "290000"), line("2022", "300000"), line("2023", "376000")]


def saved(path: Path, lines: list[str], *, newline: str = "\n", mark: str = "") -> Path:
    text = mark + HEADER + "".join(lines)
    path.write_bytes(text.replace("\n", newline).encode())
    return path


def counts(report: ImportReport) -> dict[str, int]:
    names = ("recorded", "corrected", "duplicate", "repeated", "rejected")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


@pytest.fixture
def january(tmp_path: Path, ledger: Ledger) -> Path:
    path = saved(tmp_path / "facts.csv", JANUARY)
    assert counts(import_file(ledger, path)) == {"recorded": 3}
    return path


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        (JANUARY, {}),
        (JANUARY, {"newline": "\r\n"}),
        (JANUARY, {"mark": "\ufeff"}),
        (["\n", *JANUARY], {}),
        ([*JANUARY[:1], ",,,,,,,,,\n", *JANUARY[1:]], {}),
        (JANUARY[::-1], {}),
        ([one.replace(",\n", ",checked\n") for one in JANUARY], {}),
    ],
    ids=["the same", "CRLF", "BOM", "a blank line", "an empty row", "another order", "a note"],
)
def test_a_file_that_says_the_same_adds_nothing(
    ledger: Ledger, january: Path, lines: list[str], how: dict[str, str]
) -> None:
    assert counts(import_file(ledger, saved(january, lines, **how))) == {"duplicate": 3}


def test_a_file_that_has_grown_adds_what_is_new_and_what_was_mended_stays_so(ledger: Ledger, january: Path) -> None:
    first, second, _ = list(ledger.entries())[-3:]
    ledger.append([correction(str(first.event_id), value="280000"), retraction(str(second.event_id))])
    report = import_file(ledger, saved(january, [*JANUARY, line("2024", "390000")]))
    assert counts(report) == {"recorded": 1, "duplicate": 3}
    assert report.since == {"corrected": 1, "retracted": 1}
    assert ledger.head() == report.position == first.position + 5


def test_another_format_of_the_same_facts_adds_nothing(ledger: Ledger, january: Path, tmp_path: Path) -> None:
    facts = [figure(value, period=period, published_at="2025-01-31") for period, value in (("2021", 290_000),)]
    facts = [{**one, "source": {"publisher": "usgs", "title": "MCS", "retrieved_on": "2025-02-01"}} for one in facts]
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in facts))
    assert counts(import_file(ledger, path)) == {"duplicate": 1}
    ledger.append([figure("1", period="2030")])
    path.write_text(json.dumps({**figure("1", period="2030"), "nature": "observed"}))
    assert counts(import_file(ledger, path)) == {"duplicate": 1}, "what was appended is known by what it says too"


def test_equal_rows_of_a_file_are_one_event(ledger: Ledger, january: Path) -> None:
    report = import_file(ledger, saved(january, [*JANUARY, line("2024", "1"), line("2024", "1"), line("2024", "1")]))
    assert counts(report) == {"recorded": 1, "duplicate": 3, "repeated": 2}


CHANGED = [*JANUARY[:2], line("2023", "350000")]


def test_a_cell_that_was_changed_in_place_is_asked_about(ledger: Ledger, january: Path) -> None:
    head = ledger.head()
    report = import_file(ledger, saved(january, CHANGED))
    assert counts(report) == {"rejected": 1}
    (error,) = report.errors
    (event,) = list(ledger.entries())[-1:]
    assert (error["row"], error["pointer"], error["rule"]) == (3, "/value", "conflict")
    for said in (
        "376000 t",
        "350000 t",
        str(event.event_id),
        "on_conflict=correct",
        "on_conflict=record",
        "leave the row",
    ):
        assert said in error["detail"]
    assert ledger.head() == head


def test_it_may_be_a_correction_and_the_file_can_be_sent_again(ledger: Ledger, january: Path) -> None:
    *_, target = ledger.entries()
    report = import_file(ledger, saved(january, CHANGED), on_conflict="correct")
    assert counts(report) == {"recorded": 1, "corrected": 1, "duplicate": 2}
    assert [(one["before"], one["after"]) for one in report.changed] == [("376000 t", "350000 t")]
    *_, made = ledger.entries()
    assert (made.type, made.body["target"], made.body["changes"]) == (
        "EventCorrected",
        str(target.event_id),
        {"value": "350000"},
    )
    assert made.body["source"]["publisher"] == "usgs"
    for chosen in ("ask", "correct", "record"):
        assert counts(import_file(ledger, january, on_conflict=chosen)) == {"duplicate": 3}
    import_file(ledger, saved(january, JANUARY), on_conflict="correct")
    assert ledger.head() == made.position, "the old row is what was corrected"


def test_it_may_be_what_the_source_says_as_well(ledger: Ledger, january: Path) -> None:
    report = import_file(ledger, saved(january, CHANGED), on_conflict="record")
    assert counts(report) == {"recorded": 1, "duplicate": 2}
    *_, made = ledger.entries()
    assert (made.type, made.body["value"]) == ("ProductionReported", "350000")
    assert counts(import_file(ledger, january)) == {"duplicate": 3}


def test_two_rows_of_one_file_conflict_as_well(ledger: Ledger, january: Path) -> None:
    path = saved(january, [line("2024", "1"), line("2024", "2")])
    assert [error["row"] for error in import_file(ledger, path).errors] == [2]
    assert counts(import_file(ledger, path, mode="proceed")) == {"recorded": 1, "rejected": 1}


def test_what_was_mended_by_hand_and_then_in_the_file_is_no_conflict(ledger: Ledger, january: Path) -> None:
    *_, target = ledger.entries()
    ledger.append([correction(str(target.event_id), value="350000")])
    assert counts(import_file(ledger, saved(january, CHANGED))) == {"duplicate": 3}
    assert counts(import_file(ledger, saved(january, [line("2023", "360000")]))) == {"rejected": 1}


def test_another_unit_of_the_same_amount_is_no_conflict(ledger: Ledger, january: Path) -> None:
    row = line("2023", "376").replace(",t,", ",kt,")
    assert counts(import_file(ledger, saved(january, [row]))) == {"recorded": 1}


def test_a_statement_of_another_day_is_no_conflict(ledger: Ledger, january: Path) -> None:
    row = line("2023", "350000", published="2026-01-31")
    assert counts(import_file(ledger, saved(january, [row]))) == {"recorded": 1}


def test_a_withdrawal_cannot_be_made_of_a_statement(ledger: Ledger, january: Path) -> None:
    row = line("2023", "").replace("ProductionReported", "FigureWithdrawn")
    report = import_file(ledger, saved(january, [row]), on_conflict="correct")
    assert "cannot be corrected to FigureWithdrawn" in report.errors[0]["detail"]


def test_a_row_without_a_date_waits_for_one(ledger: Ledger, january: Path) -> None:
    path = saved(january, [line("2024", "1", published=""), line("2025", "x", published="")])
    assert [(one["row"], one["pointer"], one["rule"]) for one in import_file(ledger, path).errors] == [
        (1, "/published_at", "undated"),
        (2, "/value", "decimal"),
    ]
    path = saved(january, [line("2024", "1", published=""), line("2025", "2", published="2026-01-31")])
    assert counts(import_file(ledger, path, published_at="2025-06")) == {"recorded": 2}
    assert [entry.body["published_at"] for entry in list(ledger.entries())[-2:]] == ["2025-06", "2026-01-31"]
    path = saved(january, [line("2026", "1", published="")])
    assert counts(import_file(ledger, path, published_at="now")) == {"recorded": 1}
    (entry,) = list(ledger.entries())[-1:]
    assert entry.body["published_at"][:10] == entry.recorded_at.isoformat()[:10]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"published_at": "soon"}, "published_at"),
        ({"scope": "usgs"}, "PUBLISHER:DATE"),
        ({"scope": ":2025"}, "PUBLISHER:DATE"),
        ({"on_missing": "retract"}, "needs scope"),
    ],
)
def test_options_that_cannot_be_are_refused(ledger: Ledger, january: Path, chosen: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        import_file(ledger, january, **chosen)


def test_a_dry_run_says_what_the_import_then_does(ledger: Ledger, january: Path) -> None:
    head = ledger.head()
    path = saved(january, [*CHANGED, line("2024", "1"), line("2024", "1"), line("2025", "x")])
    planned = import_file(ledger, path, mode="proceed", on_conflict="correct", dry_run=True)
    assert ledger.head() == head == planned.position
    done = import_file(ledger, path, mode="proceed", on_conflict="correct")
    assert (
        counts(planned) == counts(done) == {"recorded": 2, "corrected": 1, "duplicate": 2, "repeated": 1, "rejected": 1}
    )
    assert (planned.errors, planned.changed) == (done.errors, done.changed)
    assert [entry.state for entry in planned.entries] == [entry.state for entry in list(ledger.entries())[-2:]]


def test_a_file_has_the_warnings_of_an_append(ledger: Ledger, january: Path) -> None:
    report = import_file(ledger, saved(january, [line("2023", "376", published="2026-01-31")]))
    assert [(one["row"], one["rule"]) for one in report.warnings] == [(1, "unit_slip")]
    assert report.warned == 1


# Whole editions


def edition(values: dict[str, str], *, published: str) -> list[str]:
    return [line(period, value, published=published) for period, value in values.items()]


def test_of_a_whole_edition_what_the_next_one_leaves_out_is_listed_or_withdrawn(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "edition.csv"
    first = {"2021": "1", "2022": "2", "2023": "3"}
    report = import_file(ledger, saved(path, edition(first, published="2024-01-31")), scope="usgs:2024-01-31")
    assert report.missing == []
    saved(path, edition({"2022": "2", "2024": "5"}, published="2025-01-31"))
    report = import_file(ledger, path, scope="usgs:2025-01-31")
    expected = [("edition_before", "2021", "1", "listed"), ("edition_before", "2023", "3", "listed")]
    told = [(one["where"], one["period"], one["value"], one["became"]) for one in report.missing]
    assert sorted(told) == expected
    head = ledger.head()
    report = import_file(ledger, path, scope="usgs:2025-01-31", on_missing="withdraw")
    assert {one["became"] for one in report.missing} == {"withdrawn"}
    assert counts(report) == {"recorded": 2, "duplicate": 2}
    made = list(ledger.entries(after=head))
    assert {(one.type, one.body["published_at"]) for one in made} == {("FigureWithdrawn", "2025-01-31")}
    assert import_file(ledger, path, scope="usgs:2025-01-31", on_missing="withdraw").recorded == 0


def test_what_the_scope_holds_and_its_file_does_not_is_listed_or_retracted(ledger: Ledger, tmp_path: Path) -> None:
    path = saved(tmp_path / "edition.csv", edition({"2021": "1", "2022": "2"}, published="2024-01-31"))
    import_file(ledger, path)
    saved(path, edition({"2022": "2"}, published="2024-01-31"))
    planned = import_file(ledger, path, scope="usgs:2024-01-31", on_missing="retract", dry_run=True)
    report = import_file(ledger, path, scope="usgs:2024-01-31", on_missing="retract")
    assert report.missing == planned.missing
    assert [(one["where"], one["period"], one["became"]) for one in report.missing] == [
        ("in_scope", "2021", "retracted")
    ]
    *_, made = ledger.entries()
    assert made.type == "EventRetracted"
    assert import_file(ledger, path, scope="usgs:2024-01-31").missing == []


@pytest.mark.parametrize("mode", ["proceed", "atomic"])
@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("chosen", "began"), [("retract", "2025-01-31"), ("withdraw", "2024-01-31")])
@pytest.mark.parametrize("wrong", ["bad", "9", ""], ids=["unreadable", "a conflict", "no value"])
def test_a_row_that_was_rejected_is_not_left_out(
    ledger: Ledger, tmp_path: Path, mode: Any, dry_run: bool, chosen: Any, began: str, wrong: str
) -> None:
    path = saved(tmp_path / "edition.csv", edition({"2021": "1", "2022": "2", "2023": "3"}, published=began))
    import_file(ledger, path)
    if wrong == "9":
        import_file(ledger, saved(path, edition({"2022": "2"}, published="2025-01-31")))
    saved(path, edition({"2021": "1", "2022": wrong}, published="2025-01-31"))
    if chosen == "withdraw":
        import_file(ledger, path)
    options: Any = {"scope": "usgs:2025-01-31", "on_missing": chosen, "mode": mode}
    report = import_file(ledger, path, dry_run=dry_run, **options)
    assert report.rejected == 1
    assert {one["became"] for one in report.missing} == {"listed"}
    assert [f"on_missing={chosen} did nothing" in note for note in report.notes] == [True]
    assert {entry.type for entry in ledger.entries()} == {"EntityRegistered", "ProductionReported"}
    (said,) = import_file(ledger, path, scope="usgs:2025-01-31").notes
    assert said == "1 row was rejected, and what is listed as missing may be what it is about"
    mended = saved(path, edition({"2021": "1", "2022": "2"}, published="2025-01-31"))
    report = import_file(ledger, mended, **options)
    assert ([one["period"] for one in report.missing], report.notes) == (["2023"], [])
    assert report.missing[0]["became"] in ("retracted", "withdrawn")


@pytest.mark.parametrize("scope", ["usgs:2031-01-31", "bgs:2024-01-31", "usgs:No Such Edition"])
@pytest.mark.parametrize("chosen", ["list", "retract", "withdraw"])
def test_a_file_without_a_row_in_its_scope_is_refused(ledger: Ledger, january: Path, scope: str, chosen: Any) -> None:
    head = ledger.head()
    for lines in (JANUARY, []):
        report = import_file(ledger, saved(january, lines), scope=scope, on_missing=chosen)
        assert [(one["row"], one["rule"]) for one in report.errors] == [(0, "scope")]
        assert "no row of the file is in the scope" in report.errors[0]["detail"]
    assert ledger.head() == head


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_told_once(ledger: Ledger, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_text((HEADER + "".join(JANUARY)).replace(",", delimiter))
    (error,) = import_file(ledger, path).errors
    assert "save the file with commas, or give a mapping" in error["detail"]


# Cost


@pytest.mark.parametrize("mode", ["atomic", "proceed"])
def test_a_file_of_much_about_one_figure_reads_it_once_for_each_transaction(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Any
) -> None:
    monkeypatch.setattr(rows, "PIECE_ROWS", 10)
    monkeypatch.setattr(importer, "TRANSACTION_PIECES", 5)
    read: list[int] = []
    streams = ledger.log.streams

    def counted(keys: Any, *, last: int) -> Any:
        found = streams(keys, last=last)
        read.append(sum(map(len, found.values())))
        return found

    monkeypatch.setattr(ledger.log, "streams", counted)
    days = [f"{2000 + day // 300}-{1 + day // 25 % 12:02}-{1 + day % 25:02}" for day in range(200)]
    path = saved(tmp_path / "facts.csv", [line("1999", str(Decimal(n) + 1), published=d) for n, d in enumerate(days)])
    assert import_file(ledger, path, mode=mode).recorded == 200
    assert sum(read) <= (0 if mode == "atomic" else 50 + 100 + 150) + 10 * 4


def test_ids_do_not_depend_on_the_program_that_made_them(ledger: Ledger, january: Path) -> None:
    ids = [str(entry.event_id) for entry in list(ledger.entries())[-3:]]
    assert ids[0] == "68eb0ab2-f104-5ee5-a33b-0cb638211488", "a log made elsewhere would not know these rows"


def preference(*publishers: str, **fields: Any) -> dict[str, Any]:
    return {"type": "PreferenceSet", "metric": "mine_production", "publishers": list(publishers), **fields}


def jsonl(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return path


def preferences_of(ledger: Ledger) -> list[list[str]]:
    return [entry.body["publishers"] for entry in ledger.entries() if entry.type == "PreferenceSet"]


def test_what_counts_because_it_was_said_last_is_told_where_a_file_says_an_earlier_one_last(
    ledger: Ledger, tmp_path: Path
) -> None:
    first, second = preference("usgs"), preference()
    back_again = jsonl(tmp_path / "back_again.jsonl", first, second, first)
    report = import_file(ledger, back_again)
    assert preferences_of(ledger) == [["usgs"], []]
    assert (report.recorded, report.repeated, report.since) == (2, 1, {"replaced": 1})
    position = next(entry.position for entry in ledger.entries() if entry.type == "PreferenceSet")
    assert [(one["row"], one["position"]) for one in report.changed_since] == [(3, position)]
    old = import_file(ledger, jsonl(tmp_path / "old.jsonl", first))
    assert (old.duplicate, old.since) == (1, {"replaced": 1})


def test_a_file_that_says_last_what_counts_tells_of_nothing_replaced(ledger: Ledger, tmp_path: Path) -> None:
    first, second = preference("usgs"), preference()
    grown = jsonl(tmp_path / "grown.jsonl", first, second)
    for _ in range(2):
        assert import_file(ledger, grown).since == {}
    other = preference("usgs", event_id="0b0a3f2e-5a44-4c9d-9d5b-2f6d7c1b9a10")
    report = import_file(ledger, jsonl(tmp_path / "anew.jsonl", first, second, other))
    assert (report.recorded, report.duplicate, report.since) == (1, 2, {})
    assert preferences_of(ledger) == [["usgs"], [], ["usgs"]]
    assert import_file(ledger, grown).since == {"replaced": 1}
    ledger.append(
        [{"type": "EventRetracted", "target": other["event_id"], "reason": "other", "explanation": "It was a test."}]
    )
    assert import_file(ledger, grown).since == {}
    assert import_file(ledger, jsonl(tmp_path / "second.jsonl", preference("usgs", metric="price"))).since == {}


def test_a_row_that_corrected_something_is_told_what_became_of_that(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"

    def sent(value: str) -> dict[str, int]:
        return import_file(ledger, saved(path, [line("2023", value)]), on_conflict="correct").since

    assert [sent(value) for value in ("100", "120", "120", "130")] == [{}] * 4
    assert [sent(value) for value in ("100", "120", "130")] == [{"corrected": 1}, {"corrected": 1}, {}]
    said = next(entry for entry in ledger.entries() if entry.type == "ProductionReported")
    ledger.append([retraction(str(said.event_id))])
    assert [sent(value) for value in ("100", "120", "130")] == [{"retracted": 1}] * 3
    ledger.erase(said.event_id, reason="licence", explanation="It may not be kept.")
    assert [sent(value) for value in ("100", "120", "130")] == [{"erased": 1}] * 3


def test_a_ledger_event_that_a_file_says_again_is_told_where_others_came_after_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    target = "00000001-0000-4000-8000-000000000000"
    ledger.append([figure("1", event_id=target)])
    acts = retraction(target), correction(target, value="2")
    first, second = (jsonl(tmp_path / f"{number}.jsonl", act) for number, act in enumerate(acts))
    assert (import_file(ledger, first).recorded, import_file(ledger, first).since) == (1, {})
    ledger.append([reinstatement(target)])
    assert (import_file(ledger, first).recorded, import_file(ledger, first).since) == (0, {"replaced": 1})
    assert (import_file(ledger, second).recorded, import_file(ledger, second).since) == (1, {})
    ledger.append([correction(target, value="3")])
    assert import_file(ledger, second).since == {"replaced": 1}
    all_of_them = jsonl(tmp_path / "all.jsonl", *acts, correction(target, value="3"))
    assert import_file(ledger, all_of_them).since == {}
    assert import_file(ledger, all_of_them).since == {}
