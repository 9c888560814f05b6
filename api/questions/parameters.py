"""Query parameters as data: what a read takes, said once for the server, the command line and the API's description.

Strictness is the point. A mistyped `as_of` that was ignored would be answered with today's figures, so an unknown
parameter is an error that names the nearest known ones, and so is one that is given twice.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.problems import Problem, bad_parameter
from ledger import CalendarError
from ledger.values import POSITION_PREFIX, parse_moment

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
PARAMETERS_MAX = 100


@dataclass(frozen=True)
class Parameter:
    """A query parameter. A name that ends in `*` stands for all names with that beginning.

    Of `several` values, with commas between, one must fit; then `schema` is that of one.
    """

    name: str
    description: str
    example: Any = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False
    several: bool = False

    @property
    def prefix(self) -> str | None:
        """The beginning that the names have in common, where this stands for many."""
        return self.name[:-1] if self.name.endswith("*") else None

    def openapi(self) -> dict[str, Any]:
        """The parameter object of OpenAPI."""
        # In the schema: an example beside it would be filled in by the docs page, all of them at once.
        examples = {} if self.example is None else {"examples": [self.example]}
        schema: dict[str, Any] = {**self.schema, **examples}
        if self.several:
            schema = {"type": "array", "items": schema}
        if self.prefix is not None:  # Each member of the object is a parameter of its own.
            names = {"pattern": f"^{re.escape(self.prefix)}."}
            schema = {"type": "object", "propertyNames": names, "additionalProperties": {"type": "string"}}
        return {
            "name": self.name.replace("*", "NAME"),
            "in": "query",
            "required": self.required,
            "description": self.description,
            "schema": schema,
            **({"style": "form", "explode": self.prefix is not None} if self.several or self.prefix else {}),
        }


AS_OF = Parameter(
    "as_of",
    "Publication clock: only what was published by then counts. A year, month, day (its end) or instant. Default: now.",
)
RECORDED_AS_OF = Parameter(
    "recorded_as_of",
    "Ledger clock: only what this ledger held then. A year, month, day, instant, or `position:N`. Default: now.",
)
EFFECTIVE_AT = Parameter(
    "effective_at",
    "World clock, for what holds over time: a year, month, day (its end) or instant. Default: `as_of`.",
)
VIEWPOINT = (AS_OF, RECORDED_AS_OF, EFFECTIVE_AT)
LIMIT = Parameter(
    "limit",
    "How many items at most. Default: in JSON 100, in every other format all.",
    schema={"type": "integer", "minimum": 1, "maximum": LIMIT_MAX},
)
CURSOR = Parameter(
    "cursor",
    "`next` of the page before. All pages are answered from the viewpoint of the first, though the log grows.",
)
FORMAT = Parameter(
    "format",
    "How the items come; else the ending of the path (`/v1/figures.csv`), else the `Accept` header decides.",
    schema={"type": "string", "enum": ["json", "jsonl", "csv", "parquet", "arrow", "xlsx"]},
)
SAFE = Parameter(
    "safe",
    "In CSV: a cell that a spreadsheet would run as a formula gets an apostrophe before it. Numbers stay as they are.",
    schema={"type": "boolean", "default": False},
)
RECEIPT = Parameter(
    "receipt",
    "`full`: in JSON, with a signed receipt: the question, the hash of the answer, the events that decided it with "
    "their proofs. See `POST /v1/receipts/verify`.",
    schema={"type": "string", "enum": ["full"]},
)
PAGING = (LIMIT, CURSOR, FORMAT, SAFE, RECEIPT)
DRY_RUN = Parameter(
    "dry_run",
    "Check everything, record nothing, and say what would change.",
    schema={"type": "boolean", "default": False},
)


def checked(pairs: Iterable[tuple[str, str]], known: Sequence[Parameter]) -> dict[str, str]:
    """The parameters of a request by name. Raises Problem for one that is unknown, given twice, or empty."""
    parameters: dict[str, str] = {}
    pairs = list(pairs)
    if not pairs:
        return parameters
    names = {parameter.name for parameter in known}
    if len(pairs) > PARAMETERS_MAX:
        raise bad_parameter("(all)", "too_many", f"{len(pairs)} parameters are too many; {PARAMETERS_MAX} at most")
    for name, value in pairs:
        if "\ufffd" in name or "\ufffd" in value:
            raise bad_parameter(name[:80], "text", "a parameter is text in UTF-8, percent-encoded")
        if name not in names and not any(_begins(name, parameter.prefix) for parameter in known):
            raise _unknown(name, known)
        if name in parameters:
            raise bad_parameter(name, "given_twice", f"{name} is given twice; give it once")
        if not value:
            raise bad_parameter(name, "empty", f"{name} is empty; leave it out, or give it a value")
        if "\0" in value or "\0" in name:
            raise bad_parameter(name.replace("\0", ""), "text", "a parameter must not hold the character U+0000")
        parameters[name] = value
    return parameters


def limit_of(parameters: Mapping[str, str]) -> int | None:
    """How many items were asked for; None for all: JSON comes in pages, every other format holds all."""
    text = parameters.get("limit")
    if text is None:
        return LIMIT_DEFAULT if parameters.get("format", "json") == "json" else None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= LIMIT_MAX):
        raise bad_parameter("limit", "range", f"limit is a whole number from 1 to {LIMIT_MAX}, not {text[:40]!r}")
    return int(text)


def flag_of(parameters: Mapping[str, str], name: str) -> bool:
    """A parameter that is `true` or `false`."""
    text = parameters.get(name, "false")
    if text not in ("true", "false"):
        raise bad_parameter(name, "boolean", f"{name} is true or false, not {text[:40]!r}")
    return text == "true"


def check_moment(name: str, text: str | None) -> str | None:
    """A moment as it was given. Raises Problem where it is none."""
    if text is not None:
        try:
            parse_moment(text)
        except CalendarError as error:
            raise _bad_moment(name, text, str(error)) from None
    return text


def check_ledger_moment(name: str, text: str | None) -> str | None:
    """A moment, or a position of the log (`position:N`), as it was given. Raises Problem where it is neither."""
    if text is None or not text.startswith(POSITION_PREFIX):
        return check_moment(name, text)
    number = text.removeprefix(POSITION_PREFIX)
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise bad_parameter(name, "position", f"{name}={text[:40]!r} is no position: write position:0, position:1, …")
    return text


def _begins(name: str, prefix: str | None) -> bool:
    return prefix is not None and name.startswith(prefix) and name != prefix


def _bad_moment(name: str, text: str, detail: str) -> Problem:
    if " " in text:
        detail += " (a + in a URL stands for a space: write it as %2B)"
    return bad_parameter(name, "moment", f"{name}: {detail}")


def _unknown(name: str, known: Sequence[Parameter]) -> Problem:
    names = [_shown_name(parameter.name) for parameter in known]
    folded = {one.casefold(): one for one in names}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known here: {', '.join(names) or 'none'}"
    return bad_parameter(name[:80], "unknown_parameter", f"unknown parameter {name[:80]!r}; {hint}")


def _shown_name(name: str) -> str:
    """The name of a parameter as people write it, where it stands for all names with a beginning."""
    return name.replace("*", "NAME") + ("]" if name.endswith("[*") else "")
