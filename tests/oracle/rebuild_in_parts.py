"""A rebuild that goes the way of a large log, in parts so small that a small log has many."""

from unittest.mock import patch

from projections import Engine
from projections.tables import answer_intervals, log_batches, table_set


def rebuild_in_parts(of: Engine, *, batch_rows: int = 5, part_rows: int = 3) -> None:
    """Make the tables again from the log."""
    with (
        patch.object(table_set, "WHOLE_MIN", 1),
        patch.object(log_batches, "BATCH_ROWS", batch_rows),
        patch.object(answer_intervals, "ROWS_AT_ONCE", part_rows),
    ):
        of.rebuild()
