"""SQL: one SELECT over the public tables at a viewpoint, as a read that answers with rows of any shape.

A statement and its viewpoint come in a body, `{"sql": "SELECT …", "as_of": "2024-06-30"}`, in which an unknown member
is an error, as an unknown parameter of other reads is. What a statement gives has no pages: JSON holds the first rows
and says so where there are more, and files hold all.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from api.problems import Problem
from api.questions.page import ONCE, VIEWPOINT_NAMES, Items, Page, viewpoint_of
from api.questions.parameters import FORMAT, LIMIT, LIMIT_MAX, SAFE, VIEWPOINT, Parameter, limit_of
from api.settings import SQL_ANSWER_MB, SQL_AT_ONCE, SQL_MEMORY, SQL_SECONDS
from ledger import parse_json
from projections import Inquiry
from projections.sandbox import (
    SQL_LENGTH_MAX,
    Sandbox,
    SandboxAnswer,
    SandboxLimits,
    StatementRefused,
    examples,
    file_columns,
    nested_names,
    offered_functions,
    public_tables,
    text_columns,
)

FORMAT_NAMES = ("json", "jsonl", "csv", "parquet", "arrow")
PARAMETERS = (
    Parameter(
        LIMIT.name,
        f"How many rows at most. Default: in JSON {LIMIT_MAX:,}, and `cut` says where there are more; else all.",
        schema=LIMIT.schema,
    ),
    Parameter(
        FORMAT.name,
        "How the rows come; else the `Accept` header decides.",
        schema={"type": "string", "enum": list(FORMAT_NAMES)},
    ),
    SAFE,
)
SCHEMA_PARAMETERS = (FORMAT, SAFE)
BODY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["sql"],
    "additionalProperties": False,
    "properties": {
        "sql": {"type": "string", "maxLength": SQL_LENGTH_MAX, "description": "One SELECT."},
        **{one.name: {"type": "string", "description": one.description} for one in VIEWPOINT},
    },
}
COLUMNS_MEMBER: Mapping[str, Any] = {
    "type": "array",
    "description": "The columns in their order, with their types.",
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "type": {"type": "string"}}},
}
CUT_MEMBER: Mapping[str, Any] = {
    "type": "object",
    "description": "Only where rows were left out: how many are here, and what to do.",
    "properties": {"rows": {"type": "integer"}, "detail": {"type": "string"}},
}
SQL_IN_HEADER_MAX = 1000
"""A longer statement is named in a header by its digest only: servers and clients take headers of a few kilobytes."""
RULE_REFUSED = "sql-refused"


def sandbox_limits() -> SandboxLimits:
    """What a statement may take, as the settings say. Raises BadSetting."""
    return SandboxLimits(
        seconds=SQL_SECONDS.value(),
        memory_bytes=SQL_MEMORY.value(),
        answer_bytes=SQL_ANSWER_MB.value(),
        children=SQL_AT_ONCE.value(),
    )


def statement_of(raw: bytes) -> dict[str, str]:
    """The members of a body: `sql`, and what it says of the viewpoint. Raises Problem and MalformedJSON."""
    body = parse_json(raw)
    if not isinstance(body, dict):
        raise _bad_body("", "object", 'send an object: {"sql": "SELECT …", "as_of": "2024-06-30"}')
    known = ("sql", *VIEWPOINT_NAMES)
    for name, value in body.items():
        if name not in known:
            raise _bad_body(name, "unknown_member", f"unknown member {name[:80]!r}; known here: {', '.join(known)}")
        if not isinstance(value, str):
            if value is None and name != "sql":
                continue
            raise _bad_body(name, "text", f"{name} is a text")
    if not body.get("sql"):
        raise _bad_body("sql", "missing", "sql is missing: send one SELECT")
    return {name: value for name, value in body.items() if value is not None}


def sql_page(engine: Inquiry, sandbox: Sandbox, statement: Mapping[str, str], parameters: Mapping[str, str]) -> Page:
    """What a statement gives, `parameters` being those of the page. Raises Problem, and what the sandbox raises."""
    form = parameters.get("format", "json")
    limit = limit_of(parameters) if "limit" in parameters or form != "json" else LIMIT_MAX
    viewpoint = viewpoint_of(engine, {name: statement[name] for name in VIEWPOINT_NAMES if name in statement})
    sql = statement["sql"]
    try:
        answer = sandbox.answer(engine, viewpoint, sql, rows_max=limit)
        basis = {**viewpoint.basis(), **_named(sql, in_header=form != "json")}
        return _page(answer, basis, form, limit)
    except StatementRefused as refusal:
        raise _refused(sql, refusal) from None
    except OverflowError:
        raise _refused(sql, StatementRefused("a day or instant that no calendar has", rule="does_not_fit")) from None


def _page(answer: SandboxAnswer, basis: Mapping[str, Any], form: str, limit: int | None) -> Page:
    columns = answer.columns
    if limit is not None:
        rows = pa.concat_tables(list(answer.rows))
        more = {"columns": columns, **(_cut(len(rows)) if answer.is_cut else {})}
        items, objects = _presented(rows, columns, form)
        return Page(items, basis, None, ONCE, objects, more, kinds={})
    first = next(answer.rows)
    items, objects = _presented(first, columns, form)

    def rest() -> Iterator[Items]:
        for rows in answer.rows:
            yield _presented(rows, columns, form)[0]

    return Page(items, basis, None, ONCE, objects, {"columns": columns}, kinds={}, rest=rest)


def _presented(rows: pa.Table, columns: Sequence[dict[str, str]], form: str) -> tuple[pa.Table, tuple[str, ...]]:
    """Rows as a format has them, and which of their columns hold JSON as text."""
    if form in ("parquet", "arrow"):
        return file_columns(rows), ()
    in_json = form in ("json", "jsonl")
    objects = nested_names(rows.schema, columns) if in_json else ()
    return text_columns(rows, columns, for_json=in_json), objects


def _cut(rows: int) -> dict[str, Any]:
    detail = (
        f"these are the first {rows:,} rows; there are more: aggregate, add LIMIT and OFFSET with an ORDER BY, or ask "
        "for all as jsonl, csv, parquet or arrow without a limit"
    )
    return {"cut": {"rows": rows, "detail": detail}}


def _named(sql: str, *, in_header: bool) -> dict[str, str]:
    """The statement in the basis of its answer."""
    digest = {"sql_sha256": hashlib.sha256(sql.encode()).hexdigest()}
    return digest if in_header and len(sql) > SQL_IN_HEADER_MAX else {"sql": sql, **digest}


def schema_page(engine: Inquiry, sandbox: Sandbox) -> Page:
    """What a statement can read: an item a table; beside them examples, functions and limits."""
    viewpoint = engine.viewpoint()
    with engine.reader(viewpoint) as reader:
        tables = public_tables(reader)
    items = [
        {
            "name": table.name,
            "description": table.description,
            "columns": [{"name": name, "type": kind} for name, kind in table.columns.items()],
        }
        for table in tables.values()
    ]
    limits = sandbox.limits
    more = {
        "examples": [{"says": one.says, "sql": one.sql} for one in examples()],
        "functions": sorted(offered_functions()),
        "limits": {
            "seconds": limits.seconds,
            "memory_bytes": limits.memory_bytes,
            "answer_bytes": limits.answer_bytes,
            "rows_in_json": LIMIT_MAX,
            "characters": SQL_LENGTH_MAX,
        },
    }
    return Page(items, viewpoint.basis(), more=more)


def _refused(sql: str, refusal: StatementRefused) -> Problem:
    """A statement that is not answered, and where in it that lies: `position` in characters from 0, `line` from 1."""
    place: dict[str, int] = {}
    said = refusal.detail
    if refusal.position is not None:
        before = sql[: refusal.position]
        line, column = before.count("\n") + 1, refusal.position - (before.rfind("\n") + 1) + 1
        place = {"position": refusal.position, "line": line, "column": column}
        said = f"line {line}, column {column}: {said}"
    error = {"pointer": "/sql", "rule": refusal.rule, "detail": refusal.detail, **place}
    return Problem(422, RULE_REFUSED, said, title="SQL refused", errors=[error])


def _bad_body(name: str, rule: str, detail: str) -> Problem:
    pointer = f"/{name}" if name else ""
    error = {"pointer": pointer, "rule": rule, "detail": detail}
    return Problem(422, RULE_REFUSED, detail, title="SQL refused", errors=[error])
