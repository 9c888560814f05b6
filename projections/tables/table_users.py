"""The users of tables: who reads from which. Those that are given up stay open until the last one is done."""

import threading
from collections import Counter
from contextlib import suppress

from projections.tables.table_place import close
from projections.tables.table_set import TableSet


class TableUsers:
    """Counts them. Whatever changes is changed under the condition `change`, and told to those who wait for it."""

    def __init__(self, change: threading.Condition) -> None:
        self._change = change
        self._users: Counter[TableSet] = Counter()
        self._own = _Own()
        self.leaving: set[TableSet] = set()
        """Those that are given up, and still read from."""

    def are_read(self, tables: TableSet | None) -> bool:
        """Whether anybody reads from tables."""
        return tables is not None and bool(self._users[tables])

    def take(self, tables: TableSet) -> None:
        """Read from tables, in this thread, until `give_back`."""
        with self._change:
            self._users[tables] += 1
            self._own.tables.append(tables)

    def give_back(self, tables: TableSet) -> None:
        """Read from them no more. The last one closes what is given up."""
        with self._change:
            self._users[tables] -= 1
            if not self._users[tables]:
                del self._users[tables]
                if tables in self.leaving:
                    self.leaving.remove(tables)
                    close(tables)
                self._change.notify_all()
        with suppress(ValueError):
            self._own.tables.remove(tables)

    def retire(self, tables: TableSet) -> None:
        """Give tables up: they are closed now, or by the last one who reads from them."""
        if self._users[tables]:
            self.leaving.add(tables)
        else:
            close(tables)

    def wait_for_leaving(self, seconds: float) -> bool:
        """Wait until nobody has open what is given up; whether this thread can, which must not wait for itself."""
        with self._change:
            if any(tables in self.leaving for tables in self._own.tables):
                return False
            self._change.wait_for(lambda: not self.leaving, seconds)
            return True


class _Own(threading.local):
    """The tables that a thread reads from now."""

    def __init__(self) -> None:
        self.tables: list[TableSet] = []
