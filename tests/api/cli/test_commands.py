"""The command line, as a user runs it."""

import csv
import io
import json
import shutil
import socket
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.questions.audit import AUDIT_QUESTIONS, AuditQuestion
from api.settings import ANSWERS_MB, DATA, data_directory, is_loopback
from ledger import Ledger
from projections import CATALOGUE
from tests.api.helpers import country, mined, organisation
from tests.ledger.imports.mappings.epcis_document import document

FACTS = [organisation("usgs"), country("china"), mined("china", "240000", "2024-01-31")]


class Shell:
    """Runs commands over one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.runner = CliRunner()

    def run(self, *words: str, stdin: str | None = None) -> Any:
        return self.runner.invoke(app, [*words, "--data", str(self.data)], input=stdin)

    def ok(self, *words: str, stdin: str | None = None) -> str:
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    def fails(self, *words: str, stdin: str | None = None) -> str:
        result = self.run(*words, stdin=stdin)
        assert result.exit_code in (1, 2), result.output
        assert isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.output
        return str(result.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with some facts, and with the tables of them."""
    shell = Shell(tmp_path_factory.mktemp("filled"))
    with Ledger(data_directory(shell.data).ledger_path) as ledger:
        ledger.append(FACTS)
    shell.ok("figures")
    return shell.data


@pytest.fixture
def filled(shell: Shell, filled_once: Path) -> Shell:
    """A directory of its own with these facts: to make the tables takes longer than to answer."""
    shutil.copytree(filled_once, shell.data)
    return shell


def test_events_are_appended_from_stdin_and_read_back(shell: Shell) -> None:
    assert "recorded" in shell.ok("append", stdin=json.dumps(FACTS))
    body = json.loads(shell.ok("figures", "--subject", "china", "--format", "json"))
    assert [item["value"] for item in body["items"]] == ["240000"]
    assert body["basis"]["position"] == 3


def test_events_are_appended_from_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "fact.json"
    file.write_text(json.dumps(organisation("usgs")), encoding="utf-8")
    assert "EntityRegistered" in shell.ok("append", str(file))


def test_a_dry_run_records_nothing(filled: Shell) -> None:
    said = filled.ok("append", "--dry-run", stdin=json.dumps(mined("china", "1", "2025")))
    assert "Would be recorded" in said
    assert "would_record" in said
    assert "position" not in said
    assert "Answers as of now: 0 new, 1 changed, 0 said again." in said
    assert len(json.loads(filled.ok("events", "--format", "json"))["items"]) == 3


def test_what_is_legal_and_odd_is_recorded_with_a_warning(filled: Shell) -> None:
    result = filled.run("append", stdin=json.dumps(mined("china", "240000000", "2025")))
    assert result.exit_code == 0
    assert "odd" in result.stderr
    assert "240000000" in result.stderr


def test_a_refused_event_names_the_field(filled: Shell) -> None:
    message = filled.fails("append", stdin=json.dumps([country("japan"), mined("china", "x", "2025")]))
    assert "Nothing was recorded" in message
    assert "is not a decimal number" in message
    two = filled.fails("append", stdin=json.dumps([country("Japan"), mined("china", "x", "2025")]))
    assert "/0/entity" in two
    assert "/1/value" in two


@pytest.mark.parametrize("text", ["{", "[]", "", '{"type": NaN}'])
def test_what_is_no_event_is_refused(shell: Shell, text: str) -> None:
    assert "Error" in shell.fails("append", stdin=text)


def test_a_file_that_is_not_there_is_said_so(shell: Shell) -> None:
    assert "no-such-file" in shell.fails("append", "no-such-file.json")
    assert "no-such-file" in shell.fails("import", "no-such-file.jsonl")


def test_a_file_is_imported_once(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(fact) + "\n" for fact in FACTS), encoding="utf-8")
    assert "Recorded 3, already there 0" in shell.ok("import", str(file))
    assert "Recorded 0, already there 3" in shell.ok("import", str(file))


def test_a_csv_file_is_imported(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.csv"
    rows = [{**fact, "source.publisher": (fact.get("source") or {}).get("publisher", "")} for fact in FACTS]
    names = list(dict.fromkeys(name for row in rows for name in row if name != "source"))
    with file.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    assert "Recorded 3" in shell.ok("import", str(file))
    assert "240000" in shell.ok("figures")


def test_a_parquet_file_is_imported(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.parquet"
    names = dict.fromkeys(name for fact in FACTS for name in fact)
    pq.write_table(pa.table({name: [fact.get(name) for fact in FACTS] for name in names}), file)
    assert "Recorded 3" in shell.ok("import", str(file))
    file.write_bytes(file.read_bytes()[:-9])
    assert "malformed_parquet" in shell.run("import", str(file)).output


def test_a_log_goes_out_and_comes_in_again(shell: Shell, tmp_path: Path) -> None:
    shell.ok("append", stdin=json.dumps([organisation("usgs"), country("china"), mined("china", "1", "2024")]))
    assert "Wrote 3 events" in shell.ok("export", str(tmp_path / "out"))
    assert "already there 3" in shell.ok("import", str(tmp_path / "out"))
    (tmp_path / "events.jsonl").write_text(shell.ok("events", "--format", "jsonl"))
    assert "already there 3" in shell.ok("import", str(tmp_path / "events.jsonl"))
    other = Shell(tmp_path / "other")
    assert "Recorded 3" in other.ok("import", str(tmp_path / "out"), "--as-recorded")
    assert shell.ok("events", "--format", "jsonl") == other.ok("events", "--format", "jsonl")
    assert "empty ledger" in other.fails("import", str(tmp_path / "out"), "--as-recorded")
    assert "no export" in shell.fails("import", str(tmp_path / "other"))
    assert "no folder" in shell.fails("export", str(tmp_path / "events.jsonl"))


def test_a_file_that_contradicts_what_is_held_is_asked_about(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    facts = [organisation("usgs"), country("china"), mined("china", "1", "2024")]
    file.write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    shell.ok("import", str(file))
    file.write_text(json.dumps(mined("china", "2", "2024")) + "\n")
    assert "on_conflict=correct" in shell.run("import", str(file)).output.replace("\n", "")
    planned = shell.ok("import", str(file), "--on-conflict", "correct", "--dry-run")
    assert "A dry run" in planned
    assert "1 t" in planned
    assert "nobody to ask" in shell.fails("import", str(file), "--on-conflict", "correct")
    assert "taken as corrections" in shell.ok("import", str(file), "--on-conflict", "correct", "--yes")
    assert "on-conflict is ask, correct or record" in shell.fails("import", str(file), "--on-conflict", "guess")
    assert "needs scope" in shell.fails("import", str(file), "--on-missing", "retract", "--yes")


def test_an_old_file_names_the_way_back_from_a_correction(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    facts = [organisation("usgs"), country("china"), mined("china", "1", "2024")]
    old = "".join(json.dumps(fact) + "\n" for fact in facts)
    file.write_text(old)
    shell.ok("import", str(file))
    file.write_text(old.replace('"1"', '"2"'))
    shell.ok("import", str(file), "--on-conflict", "correct", "--yes")
    file.write_text(old)
    said = " ".join(shell.ok("import", str(file)).split())
    assert "1 of those already there were corrected since, and stay so, beginning with row 3." in said
    target = said.partition("append an EventCorrected with the target ")[2].partition(".")[0]
    back = {"type": "EventCorrected", "target": target, "changes": {"value": "1"}}
    shell.ok("append", stdin=json.dumps([{**back, "reason": "transcription", "explanation": "it was right"}]))
    assert [item["value"] for item in json.loads(shell.ok("figures", "--format", "json"))["items"]] == ["1"]


def test_a_spreadsheet_becomes_events_in_three_commands(shell: Shell, tmp_path: Path) -> None:
    shell.ok("append", stdin=json.dumps([organisation("usgs")]))
    file = tmp_path / "production.csv"
    file.write_text("Country;2023;2024\nChina;240.000,5;270.000\nIndia;2.900;W\n", encoding="utf-8")
    draft = tmp_path / "mine.toml"
    draft.write_text(shell.ok("mapping", "suggest", str(file)), encoding="utf-8")
    said = [f"--set={one}" for one in ("publisher=usgs", "published_at=2025", "metric=mine_production", "unit=t")]
    checked = shell.ok("mapping", "check", str(file), "--mapping", str(draft), *said, "--register", "country")
    assert "To be recorded 6" in checked
    assert "Saved as production@1" in shell.ok("mapping", "save", str(draft))
    assert "Recorded 6" in shell.ok("import", str(file), "--mapping", "production", *said, "--register", "country")
    assert "production" in shell.ok("mapping", "list")
    unsure = tmp_path / "unsure.csv"
    unsure.write_text("Country,Output\nChina,5\n", encoding="utf-8")
    assert "Numbers are in: Output" in shell.run("mapping", "suggest", str(unsure)).stderr.replace("\n", " ")
    western = tmp_path / "western.csv"
    western.write_bytes("País;2023\nPerú;1,5\n".encode("cp1252"))
    assert "name its encoding" in shell.fails("mapping", "suggest", str(western)).replace("\n", " ")
    assert "encoding = 'cp1252'" in shell.ok("mapping", "suggest", str(western), "--encoding", "cp1252")
    assert json.loads(shell.ok("mapping", "schema"))["properties"]
    assert "there is no mapping" in shell.fails("import", str(file), "--mapping", "nobodys")
    assert "--set takes NAME=VALUE" in shell.fails("import", str(file), "--mapping", "production", "--set", "x")
    assert "give one with --mapping" in shell.fails("import", str(file), "--set", "x=y")
    assert "say what publisher is" in shell.fails("import", str(file), "--mapping", "production")


def test_a_sheet_of_two_blocks_is_imported_in_two_commands(shell: Shell, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Rare earths", None, None, None, None],
        ["Region", "Country", "Production (t)", None, "Reserves (kt)"],
        [None, None, 2023, "2024e", 2024],
        ["Asia", "China", 240000, 270000, 44000],
        [None, "India", "–", 2900, 6900],
        [None, "Total", 240000, 272900, 50900],
        ["– = not available", None, None, None, None],
    ):
        book.active.append(row)
    for cells in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "A4:A5"):
        book.active.merge_cells(cells)
    book.active.column_dimensions["E"].hidden = True
    file, draft = tmp_path / "rare.xlsx", tmp_path / "rare.toml"
    book.save(file)
    draft.write_text(shell.ok("mapping", "suggest", str(file)), encoding="utf-8")
    said = ["--mapping", str(draft), "--set=publisher=usgs", "--set=published_at=2025", "--register", "country"]
    checked = shell.ok("mapping", "check", str(file), *said).replace("\n", " ")
    assert "To be recorded 9" in checked  # six figures, two countries and the publisher
    assert "Left out, with 3 cells of values: row 6, by skip_rows_where '^(Total)$' in Country" in checked
    assert "The sheet hides column E" in checked
    assert "hidden = false under [table]" in checked
    draft.write_text(shell.ok("mapping", "suggest", str(file), "--no-hidden"), encoding="utf-8")
    assert "Recorded 7" in shell.ok("import", str(file), *said)
    assert "give one with --mapping" in shell.fails("import", str(file), "--no-hidden")


def test_a_template_is_filled_in_taken_and_given_back(shell: Shell, tmp_path: Path) -> None:
    shell.ok("append", stdin=json.dumps([organisation("usgs"), country("china")]))
    file = tmp_path / "figures.xlsx"
    assert "import" in shell.ok("template", str(file))
    assert "nothing is written over it" in shell.fails("template", str(file)).replace("\n", " ")
    assert "call it figures.xlsx" in shell.fails("template", str(tmp_path / "figures.csv")).replace("\n", " ")
    assert "families are" in shell.fails("template", str(tmp_path / "mine.xlsx")).replace("\n", " ")
    book = openpyxl.load_workbook(file)
    sheet = book["events"]
    titles = [cell.value for cell in sheet[1]]
    fact = {"type": "ProductionReported", "subject": "China", "metric": "mine_production", "period": "2024"}
    fact |= {"value": "12.50", "unit": "cubits", "published_at": "2025-01-31", "source.publisher": "usgs"}
    for name, value in fact.items():
        sheet.cell(2, titles.index(name) + 1).value = value
    book.save(file)
    assert "figures.verdicts.xlsx" in "".join(shell.run("import", str(file), "--dry-run").output.split())
    given_back = tmp_path / "figures.verdicts.xlsx"
    book = openpyxl.load_workbook(given_back)
    sheet = book["events"]
    assert "cubits" in str(sheet.cell(2, sheet.max_column).value)
    sheet.cell(2, titles.index("unit") + 1).value = "kt"
    book.save(given_back)
    assert "Recorded 1" in shell.ok("import", str(given_back))
    table = tmp_path / "facts.csv"
    table.write_text("type,entity,kind,name\nEntityRegistered,x,dragon,X\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    shell.run("import", str(table), "--verdicts", str(out))
    assert "dragon" not in out.read_text().splitlines()[0]
    assert "kind:" in out.read_text().splitlines()[1]
    assert "nothing is written over it" in shell.fails("import", str(table), "--verdicts", str(out)).replace("\n", " ")


def test_events_of_epcis_are_one_command(shell: Shell, tmp_path: Path) -> None:
    shell.ok("append", stdin=json.dumps([organisation("my-plant")]))
    file = tmp_path / "events.epcis.json"
    file.write_text(json.dumps(document()), encoding="utf-8")
    said = shell.ok("import", str(file), "--mapping", "epcis", "--set", "publisher=my-plant", "--register", "region")
    assert "Recorded 51" in said
    assert "AggregationEvent (packing): what is packed" in said


def test_packed_files_and_floats_are_imported(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "two.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.csv", "type,entity,kind,name\nEntityRegistered,usgs,organisation,USGS\n")
        packed.writestr("b.csv", "type,entity,kind,name\nEntityRegistered,china,country,China\n")
    assert "name one with member=" in shell.fails("import", str(file)).replace("\n", " ")
    assert "Recorded 1" in shell.ok("import", str(file), "--member", "b.csv")
    parquet = tmp_path / "t.parquet"
    columns = {"subject": ["China"], "metric": ["m"], "unit": ["t"], "2024": [0.1]}
    pq.write_table(pa.table(columns), parquet)
    said = ("--mapping", "wide-years", "--set", "publisher=usgs", "--set", "published_at=2025", "--register", "country")
    assert "floats=shortest" in "".join(shell.run("import", str(parquet), *said).output.split())
    assert "Recorded 2" in shell.ok("import", str(parquet), *said, "--floats", "shortest")


def test_what_nobody_has_registered_is_told_once_with_the_command(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    facts = [mined("china", "1", "2024", period=str(year)) for year in range(2000, 2020)]
    file.write_text("".join(json.dumps(fact) + "\n" for fact in facts), encoding="utf-8")
    refused = shell.run("import", str(file)).output
    assert refused.count("'usgs' is registered") == 1
    assert "1-20" in refused
    assert "--register country" in " ".join(refused.split())
    assert "To be registered" in shell.ok("import", str(file), "--register", "country", "--dry-run")
    assert "Recorded 22" in shell.ok("import", str(file), "--register", "country")


def test_an_import_with_a_bad_row_records_nothing_unless_told_to(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    facts = [*FACTS, mined("atlantis", "1", "2024")]
    file.write_text("".join(json.dumps(fact) + "\n" for fact in facts), encoding="utf-8")
    refused = shell.run("import", str(file))
    assert refused.exit_code == 1
    assert "Nothing was recorded" in refused.output
    assert "atlantis" in refused.output
    proceeded = shell.run("import", str(file), "--mode", "proceed")
    assert proceeded.exit_code == 1
    assert "Recorded 3, already there 0, rejected 1" in proceeded.output


def test_a_file_of_an_unknown_kind_is_refused(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "facts.xml"
    file.write_text("<facts/>", encoding="utf-8")
    assert ".jsonl" in shell.fails("import", str(file))
    assert "atomic or proceed" in shell.fails("import", str(file), "--mode", "lenient")


@pytest.mark.parametrize("name", [*CATALOGUE, "events"])
def test_every_projection_has_a_command(filled: Shell, name: str) -> None:
    filled.ok(name)
    body = json.loads(filled.ok(name, "--format", "json", "--as-of", "2025", "--recorded-as-of", "position:2"))
    assert body["basis"]["position"] == 2
    assert body["basis"]["as_of"].startswith("2025-12-31")


@pytest.mark.parametrize("projection", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_filter_is_an_option(projection: Any) -> None:
    words = CliRunner().invoke(app, [projection.name, "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout
    for one in projection.filters:
        assert f"--{one.name.replace('_', '-').replace('.*', '')}" in words


def test_a_table_shows_value_and_unit(filled: Shell) -> None:
    table = filled.ok("figures", "--as-of", "2024-06-30")
    assert "240000" in table
    assert "2024-06-30T23:59:59.999999Z" in table
    assert "No figures" in filled.ok("figures", "--as-of", "2023")


def test_json_lines_and_csv_go_out_as_they_are(filled: Shell) -> None:
    (line,) = filled.ok("figures", "--format", "jsonl").splitlines()
    (row,) = csv.DictReader(io.StringIO(filled.ok("figures", "--format", "csv")))
    assert json.loads(line)["figure_id"] == row["figure_id"]


def test_dimensions_are_options_of_name_and_value(filled: Shell) -> None:
    filled.ok("append", stdin=json.dumps(mined("china", "1", "2024", dimensions={"basis": "reo"})))
    body = json.loads(filled.ok("figures", "--dimension", "basis=reo", "--format", "json"))
    assert [item["value"] for item in body["items"]] == ["1"]
    assert "NAME=VALUE" in filled.fails("figures", "--dimension", "reo")


def test_the_history_of_a_figure(filled: Shell) -> None:
    filled.ok("append", stdin=json.dumps(mined("china", "255000", "2025-01-31")))
    (item,) = json.loads(filled.ok("figures", "--format", "json"))["items"]
    assert "revision" in filled.ok("history", item["figure_id"])
    entries = json.loads(filled.ok("history", item["figure_id"], "--clock", "ledger", "--format", "json"))["items"]
    assert [entry["cause"] for entry in entries] == ["recorded", "recorded"]
    assert "no figure" in filled.fails("history", "0")


def test_the_history_of_a_thing(filled: Shell) -> None:
    ban = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "export_ban"}
    owned = {"type": "RelationshipStated", "subject": "china", "relation": "owns", "object": "usgs"}
    dated = ({"published_at": "2025-01-01", "effective_from": day} for day in ("2025-02-01", "2025-03-01"))
    filled.ok("append", stdin=json.dumps([*({**ban, **date} for date in dated), {**owned, "published_at": "2025"}]))
    assert "conflict" in filled.ok("history", "--policy", "ban")
    how = ("--clock", "ledger", "--effective-at", "2025-02-15", "--format", "json")
    entries = json.loads(filled.ok("history", "--policy", "ban", *how))["items"]
    assert [(entry["status"], entry["shift_days"]) for entry in entries] == [("in_force", None), ("announced", 28)]
    assert "first_report" in filled.ok("history", "--relationship", "china:owns:usgs", "--format", "csv")
    assert "unknown" in filled.fails("history", "--policy", "none")
    for words in (("--policy", "ban", "--link", "flow"), ("--policy", "ban", "--metric", "sales"), ()):
        assert "one thing" in " ".join(filled.fails("history", *words).split())
    assert "figures" in filled.fails("history", "--policy", "ban", "--unit", "kt")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["figures", "--as-of", "soon"], "is not a moment"),
        (["figures", "--recorded-as-of", "position:99"], "beyond the head"),
        (["figures", "--limit", "0"], "limit"),
        (["figures", "--disputed", "perhaps"], "disputed"),
        (["events", "--type", "Nothing"], "EntityRegistered"),
        (["figures", "--no-such-option"], "no-such-option"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(filled: Shell, words: list[str], hint: str) -> None:
    assert hint in " ".join(filled.fails(*words).split())


def test_reading_a_ledger_that_is_not_there_says_how_to_make_one(shell: Shell) -> None:
    assert "supply-ledger demo" in shell.fails("figures")
    assert not shell.data.exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_serving_to_other_machines_is_refused(shell: Shell, host: str) -> None:
    said = shell.fails("serve", "--host", host)
    # Without a network a name stands for nothing.
    assert "Refusing" in said or (host == "example.org" and "There is no address" in said)
    assert not shell.data.exists()


def test_a_taken_port_is_named_with_a_way_out(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = shell.fails("serve", "--port", str(port))
    assert str(port) in message
    assert "--port" in message


def test_room_for_answers_that_is_no_number_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ANSWERS_MB.variable, "plenty")
    assert "a whole number of megabytes, not 'plenty'" in shell.fails("serve", "--port", "0")


def test_the_demo_prints_answers_and_adds_nothing_twice(shell: Shell) -> None:
    first = shell.ok("demo", "--no-serve")
    for answer in ("2080 t", "350000 t", "376000 t", "7.4286 %", "255000", "nothing was known", "mou; not binding"):
        assert answer in first
    for answer in ("in_force", "suspended", "600 million MYR", "15000", "18000", "14000", "spread 63777 t"):
        assert answer in first
    second = shell.ok("demo", "--no-serve")
    assert "nothing was added" in second
    assert second.splitlines()[1:] == first.splitlines()[1:]


def test_the_data_directory_is_given_or_in_the_environment_or_in_the_working_directory(tmp_path: Path) -> None:
    assert data_directory(tmp_path, environment={DATA.variable: "elsewhere"}).path == tmp_path
    assert data_directory(environment={DATA.variable: "elsewhere"}).path == Path("elsewhere")
    assert data_directory(environment={}).path == Path(".supply-ledger")


def test_loopback_is_told_from_the_rest() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.9.1", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "")))


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("supply-ledger ")


ASKED = {
    "impact": ["--recorded-from", "position:3"],
    "trace": ["--entity", "china"],
    "search": ["--q", "china"],
    "concentration": ["--metric", "mine_production", "--period", "2023"],
}


@pytest.mark.parametrize("audit", AUDIT_QUESTIONS, ids=lambda audit: audit.name)
def test_every_question_of_the_audit_has_a_command_that_says_where_it_stands(
    filled: Shell, audit: AuditQuestion
) -> None:
    asked = ASKED.get(audit.name, [])
    assert "recorded as of position:3" in filled.ok(audit.name, *asked)
    body = json.loads(filled.ok(audit.name, *asked, "--format", "json"))
    assert body["basis"]
    assert set(body) - {"items", "next", "basis"} <= set(audit.members)


@pytest.mark.parametrize("audit", AUDIT_QUESTIONS, ids=lambda audit: audit.name)
def test_the_columns_of_a_terminal_are_columns_of_the_answer(filled: Shell, audit: AuditQuestion) -> None:
    later = {**mined("china", "255000", "2025-01-31"), "event_id": "00000000-0000-4000-8000-000000000001"}
    filled.ok("append", stdin=json.dumps([organisation("bgs"), later, {**later, **BGS}]))
    asked = {**ASKED, "diff": ["--from-as-of", "2024-12-31"]}.get(audit.name, [])
    items = json.loads(filled.ok(audit.name, *asked, "--format", "json"))["items"]
    assert not items or set(audit.columns) <= set(items[0])


BGS = {"source": {"publisher": "bgs"}, "event_id": "00000000-0000-4000-8000-000000000002", "value": "250000"}


def test_a_difference_is_told_in_words_on_a_terminal(filled: Shell) -> None:
    filled.ok("append", stdin=json.dumps(mined("china", "255000", "2025-01-31")))
    table = filled.ok("diff", "--from-as-of", "2024-12-31", "--to-as-of", "2025-12-31")
    assert "240000 t (usgs)" in table
    assert "255000 t (usgs)" in table
    assert "statement 2025-01-31" in " ".join(table.split())
    assert "figure_id" not in table


def test_a_dry_run_says_which_answers_change_and_fails_where_rows_are_rejected(shell: Shell, tmp_path: Path) -> None:
    facts = [organisation("usgs"), country("china"), mined("china", "41600", "2025-01-31")]
    first, then = tmp_path / "first.jsonl", tmp_path / "then.jsonl"
    first.write_text("\n".join(map(json.dumps, facts)), encoding="utf-8")
    policy = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "tariff"}
    rows = [mined("china", "42000", "2026-01-31"), {**policy, "published_at": "2026-01-31"}]
    then.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    shell.ok("import", str(first))
    said = " ".join(shell.ok("import", str(then), "--dry-run").split())
    assert "Answers as of now: 1 new, 1 changed, 0 said again." in said
    assert "china mine_production 2023 │ 41600 t │ 42000 t" in said
    then.write_text(json.dumps({**rows[0], "subject": "nowhere"}), encoding="utf-8")
    assert shell.run("import", str(then), "--dry-run").exit_code == 1


def test_a_difference_of_things_is_told_in_words_on_a_terminal(filled: Shell) -> None:
    law = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "tariff"}
    facts = [
        {**law, "published_at": "2025-01-31", "effective_from": "2025-06-01"},
        {"type": "PolicyRepealed", "policy": "ban", "published_at": "2025-07-01", "effective_from": "2025-07-01"},
    ]
    filled.ok("append", stdin=json.dumps(facts))
    clocks = ("--from-as-of", "2025-02-28", "--to-as-of", "2025-12-31")
    table = filled.ok("diff", "--resource", "policies", *clocks)
    assert "announced from 2025-06-01" in table
    assert "status: announced → repealed" in table
    assert "statement 2025-07-01" in " ".join(table.split())
    found = json.loads(filled.ok("diff", "--resource", "policies", *clocks, "--policy", "ban", "--format", "json"))
    assert [item["kind"] for item in found["items"]] == ["changed"]


def test_amounts_and_provisions_are_told_in_words_on_a_terminal(shell: Shell) -> None:
    made = {"type": "CommitmentMade", "commitment": "stake", "kind": "equity", "by": "usgs", "to": "china"}
    amounts = {"amount": {"value": "400", "unit": "million USD"}, "quantity": {"high": "7200", "unit": "t"}}
    order = {"type": "PolicyEnacted", "policy": "order", "jurisdiction": "china", "kind": "tariff"}
    dated = {"published_at": "2025-01-01", "effective_from": "2025-02-01"}
    events = [*FACTS[:2], {**made, **amounts, **dated}, {**order, **dated}, {**order, "provision": "part 3", **dated}]
    shell.ok("append", stdin=json.dumps(events))
    table = " ".join(shell.ok("commitments").split())
    assert "value=" not in table
    assert "million" in table
    assert "at most" in table
    assert "part 3:" in " ".join(shell.ok("policies").split())
