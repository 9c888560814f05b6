"""The lines that a server logs: a record begins at the left, and nothing that a client sent can look like another.

A path, a header or the message of an error may hold the end of a line, or what a terminal obeys; it is written out
(`ledger.visible_text`). The lines of a traceback are set in by two spaces:

    ERROR:   unforeseen error
      Traceback (most recent call last):
        ...
"""

import logging
from typing import Any

from ledger import visible, visible_lines


class LineFormatter(logging.Formatter):
    """A record as a line, and a traceback as lines that are set in."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """The line of a record."""
        return f"{record.levelname + ':':<9}{visible(record.message)}"

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The lines of a traceback."""
        return "\n".join(f"  {line}" for line in visible_lines(super().formatException(ei)).split("\n"))


LOG_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": LineFormatter}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["lines"], "level": "WARNING"},
}
"""All loggers, the web server's too, through one formatter to the standard error."""
