"""A warm start: tables that lack much of the log are exchanged for those of a place, which lack less."""

import logging
from pathlib import Path

from ledger import Ledger, PlaceError
from projections.tables.table_place import draft_of
from projections.tables.table_set import WHOLE_MIN, TableSet
from projections.transfers.table_supply import TableSupply

logger = logging.getLogger("supply_ledger")

WORTH = 10
"""To bring tables costs about a tenth of making them: it is done where it saves more than that."""


class WarmStart:
    """Brings tables from a place, once at most: where that fails, they are made from the log."""

    def __init__(self, location: str) -> None:
        self._supply = TableSupply(location)
        self._was_tried = False

    def brings(self, ledger: Ledger, tables: TableSet, path: Path) -> bool:
        """Whether there is a draft of the file now, with tables that are to take the place of these.

        Raises duckdb.InterruptException where these are closed meanwhile.
        """
        if self._was_tried:
            return False
        if not ledger.head():
            self._was_tried = True
            logger.warning(
                "this ledger has no events, and tables are brought to a log that has: to go on with the one that was "
                "exported, make the data directory with `supply-ledger restore PLACE`"
            )
        if ledger.head() - tables.position < WHOLE_MIN:
            return False
        self._was_tried = True
        draft = draft_of(path)
        try:
            saved = self._supply.offer(ledger).position - tables.position
            if saved < WHOLE_MIN or saved * WORTH < ledger.head():
                return False
            brought = self._supply.bring(ledger, draft, seen=tables.note_brought)
        except (PlaceError, OSError) as error:
            logger.warning("no tables are taken from where they were exported to, but made from the log: %s", error)
            return False
        finally:
            tables.note_brought(None)
        logger.info("the tables up to position %d were brought from where they were exported to", brought.position)
        return True
