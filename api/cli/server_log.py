"""What a server logs: lines for people, or JSON for programs; nothing that a client sent can look like another record.

    text   warnings and errors. A path, a header or the message of an error may hold the end of a line, or what a
           terminal obeys; it is written out (`ledger.visible_text`). The lines of a traceback are set in by two spaces:

               ERROR:   unforeseen error
                 Traceback (most recent call last):
                   ...

    json   the same, and a record for each request (`supply_ledger.access`), and for what was done or refused
           (`supply_ledger.audit`); each an object on a line: {"at": …, "level": "info", "log": "supply_ledger.audit",
           "action": "appended", "key": "feeder", "recorded": 2, …}

No record holds a key, wherever a client has put one.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from api.http.visit_log import ACCESS, AUDIT, FIELDS
from api.keys.key_text import without_keys
from ledger import visible, visible_lines
from ledger.values import instant_text

FORMATS = ("text", "json")


class LineFormatter(logging.Formatter):
    """A record as a line, and a traceback as lines that are set in."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """The line of a record."""
        return f"{record.levelname + ':':<9}{without_keys(visible(record.message))}"

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The lines of a traceback."""
        lines = visible_lines(super().formatException(ei)).split("\n")
        return "\n".join(f"  {without_keys(line)}" for line in lines)


class JsonFormatter(logging.Formatter):
    """A record as an object on a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        at = instant_text(datetime.fromtimestamp(record.created, UTC))
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "log": record.name}
        if message := record.getMessage():
            line["message"] = message
        line |= getattr(record, FIELDS, {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return without_keys(json.dumps(line, ensure_ascii=True, default=str))


def log_config(form: str = "text") -> dict[str, Any]:
    """How the records of all loggers, the web server's too, are written to the standard error."""
    formatter: type[logging.Formatter] = JsonFormatter if form == "json" else LineFormatter
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
    }
    if form == "json":
        config["loggers"] = {log.name: {"level": "INFO"} for log in (ACCESS, AUDIT)}
    return config
