"""What comes in by the standard input, and files that are named and not there."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.cli.main import app
from tests.api.cli.test_commands import FACTS, Shell
from tests.ledger.imports.mappings.epcis_document import document

LINES = "".join(json.dumps(fact) + "\n" for fact in FACTS)
CSV = "type,entity,kind,name\nEntityRegistered,peru,country,Peru\nEntityRegistered,chile,country,Chile\n"
WIDE = "subject,metric,unit,2023,2024\nChina,mine_production,t,1,2\n"
EPCIS = ("--mapping", "epcis", "--set", "publisher=my-plant", "--register", "region")
MAPPED = ("--mapping", "wide-years", "--set", "publisher=usgs", "--set", "published_at=2025", "--register", "country")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def as_parquet() -> bytes:
    sink = io.BytesIO()
    names = {"type": ["EntityRegistered"], "entity": ["peru"], "kind": ["country"], "name": ["Peru"]}
    pq.write_table(pa.table(names), sink)
    return sink.getvalue()


def taken_in(shell: Shell, sent: str | bytes, *options: str) -> Any:
    return shell.runner.invoke(app, ["import", "-", *options, "--data", str(shell.data)], input=sent)


@pytest.mark.parametrize(
    ("sent", "options", "recorded"),
    [
        (LINES, (), 3),
        ("\n\n" + LINES, (), 3),
        (CSV, (), 2),
        ("\ufeff" + CSV, (), 2),
        (as_parquet(), (), 1),
        (WIDE, MAPPED, 4),
        (json.dumps(document()), EPCIS, None),
        ("", (), 0),
    ],
    ids=["lines", "blank-lines", "csv", "csv-with-mark", "parquet", "table", "epcis", "nothing"],
)
def test_a_file_comes_in_by_the_standard_input(
    shell: Shell, sent: str | bytes, options: tuple[str, ...], recorded: int | None
) -> None:
    tried = taken_in(shell, sent, *options, "--dry-run")
    assert "nothing was recorded" in tried.output
    done = taken_in(shell, sent, *options)
    assert done.exit_code == 0, done.output
    assert ("Recorded 0," in done.stdout) == (recorded == 0)
    assert recorded is None or f"Recorded {recorded}," in done.stdout
    assert "Recorded 0," in taken_in(shell, sent, *options).stdout


def test_the_cure_of_a_refused_input_names_it_as_it_was_named(shell: Shell) -> None:
    refused = taken_in(shell, LINES.splitlines(keepends=True)[-1])
    assert refused.exit_code == 1
    assert "supply-ledger import - --register" in " ".join(refused.output.split())


@pytest.mark.parametrize("sent", [gzip.compress(LINES.encode()), b"PK\x03\x04rest"], ids=["gzip", "zip"])
def test_what_is_packed_is_not_taken_by_the_standard_input(shell: Shell, sent: bytes) -> None:
    refused = taken_in(shell, sent)
    assert refused.exit_code == 2
    assert "read from a file" in refused.stderr


def test_nobody_is_asked_where_the_standard_input_is_the_file(shell: Shell) -> None:
    refused = taken_in(shell, LINES, "--on-conflict", "correct")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert taken_in(shell, LINES, "--on-conflict", "correct", "--yes").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("append", "{}"),
        ("import", "{}"),
        ("import", "{there}", "--mapping", "{}"),
        ("mapping", "suggest", "{}"),
        ("mapping", "check", "{}", "--mapping", "wide-years"),
        ("mapping", "check", "{there}", "--mapping", "{}"),
        ("mapping", "save", "{}"),
        ("receipt", "--verify", "{}"),
        ("check", "{}"),
        ("asof", "{}"),
        ("restore", "{}", "--replace"),
        ("restore", "{}", "--check"),
        ("verify", "--checkpoint", "{}"),
    ],
    ids=lambda words: " ".join(words),
)
def test_a_named_file_that_is_not_there_is_misuse(shell: Shell, tmp_path: Path, words: tuple[str, ...]) -> None:
    shell.ok("append", stdin=json.dumps(FACTS))
    there = tmp_path / "there.csv"
    there.write_text(CSV, encoding="utf-8")
    absent = tmp_path / "absent.csv"
    result = shell.run(*(word.replace("{there}", str(there)).replace("{}", str(absent)) for word in words))
    assert result.exit_code == 2, result.output
    assert "absent.csv" in "".join(result.stderr.split())
    assert "Traceback" not in result.output
