"""When the file of the tables is written."""

from pathlib import Path

from projections.tables.database import connected

ROWS = 3_000_000
"""So many numbers that DuckDB would write them unasked."""


def test_a_file_is_written_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "projections.duckdb"
    with connected(str(path)) as connection:
        connection.execute(f"CREATE TABLE log.numbers AS SELECT number FROM RANGE({ROWS}) AS all_of (number)")
        connection.execute("CHECKPOINT log")
        before = path.read_bytes()
        connection.execute("UPDATE log.numbers SET number = number + 1")
        assert path.read_bytes() == before, "changes came into the file without a checkpoint"
        connection.execute("CHECKPOINT log")
        assert path.read_bytes() != before
