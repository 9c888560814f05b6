"""The check of a statement: it is one SELECT, of tables and functions that are offered, and which columns it reads.

DuckDB's own parser says what a statement is (`json_serialize_sql`), so comments, letter case and odd spaces hide
nothing. This is the first lock and the one that gives clear answers; behind it, the database has no files, no settings
and no other rows (`projections.sandbox.confined_database`), and its process
none of the rights that it would need.
"""

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SQL_LENGTH_MAX = 65_536
SCHEMA_PATH = "GET /v1/sql/schema"
_FUNCTIONS = Path(__file__).with_name("offered_functions.txt")
_QUERY_NODES = ("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE")
_TABLE_FUNCTIONS = ("generate_series", "json_each", "json_tree", "range", "unnest")
_CLOCKS = frozenset(
    "age ago current_date current_time current_timestamp get_current_time get_current_timestamp localtime "
    "localtimestamp now today transaction_timestamp current_localtime current_localtimestamp".split()
)
_CHANCES = frozenset("gen_random_uuid random reservoir_quantile setseed uuid uuidv4 uuidv7".split())
_LIKE_COLUMNS = frozenset(
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user localtime "
    "localtimestamp session_user user".split()
)
"""What DuckDB takes for a function where it stands without parentheses, and no column is called so."""
_OF_ALL_COLUMNS = frozenset(("STAR", "PIVOT", "SHOW_REF", "POSITIONAL_REFERENCE"))
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


class Refusal(Exception):
    """A statement is refused by a rule."""

    def __init__(self, rule: str, detail: str, position: int | None = None) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.position = position


class Reads(NamedTuple):
    """What a statement reads: of each table these columns, or all of them. `described` where it only describes them."""

    tables: Mapping[str, Sequence[str]]
    is_description: bool


def offered_functions() -> frozenset[str]:
    """The names of the functions that a statement may call."""
    lines = _FUNCTIONS.read_text(encoding="ascii").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


class StatementCheck:
    """Checks statements against the tables that there are, each with its columns.

    `system_names` are the names that DuckDB knows besides: no part of a statement may be called so.
    """

    def __init__(self, *, system_names: Collection[str]) -> None:
        self._functions = offered_functions()
        self._system_names = frozenset(system_names)

    def reads(self, serialized: str, tables: Mapping[str, Sequence[str]]) -> Reads:
        """What a statement, as DuckDB serialized it, reads of the tables. Raises Refusal."""
        query = _only_query(serialized)
        nodes = list(_nodes(query))
        own = {name.lower() for node in nodes for name in _ctes_of(node)}
        named: set[str] = set()
        for node in nodes:
            self._check(node)
            named.update(self._table_of(node, own, tables))
        columns = _columns_of(nodes, named)
        return Reads(
            {
                name: all_of if columns is None else [one for one in all_of if one.lower() in columns] or all_of[:1]
                for name, all_of in ((name, list(tables[name])) for name in sorted(named))
            },
            any("show_type" in node for node in nodes),
        )

    def _check(self, node: Mapping[str, Any]) -> None:
        kind = node.get("type")
        at = node.get("query_location")
        if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _QUERY_NODES:
            raise Refusal("not_a_select", "a statement is one SELECT, also inside WITH", at)
        if node.get("show_type") and not node.get("query"):
            raise Refusal("not_offered", f"SHOW is not offered: the tables are in {SCHEMA_PATH}", at)
        if node.get("class") == "PARAMETER":
            raise Refusal("parameter", "there are no parameters here: write the value into the statement", at)
        if node.get("at_clause"):
            raise Refusal("not_offered", "AT is not offered: as_of and recorded_as_of choose the viewpoint", at)
        sample = node.get("sample")
        if isinstance(sample, dict) and (sample.get("seed", -1) == -1 or sample.get("repeatable") is False):
            raise Refusal("not_repeatable", "a sample needs a seed to be the same again: add REPEATABLE (1)", at)
        self._check_names(node, at)

    def _check_names(self, node: Mapping[str, Any], at: int | None) -> None:
        for name in _ctes_of(node):
            if not _PLAIN_NAME.fullmatch(name) or name.lower() in self._system_names:
                raise Refusal("name", f"WITH cannot give the name {name[:80]!r}: take a plain word of your own", at)
        names = node.get("column_names")
        if isinstance(names, list) and len(names) == 1 and str(names[0]).lower() in _LIKE_COLUMNS:
            raise _no_function(str(names[0]).lower(), at, self._functions)
        if "function_name" in node and node.get("of_table"):
            name = str(node["function_name"]).lower()
            if name not in _TABLE_FUNCTIONS:
                listed = ", ".join(_TABLE_FUNCTIONS)
                raise Refusal("not_offered", f"no table is made by {name}(…) here: only by {listed}", at)
        elif "function_name" in node:
            name = str(node["function_name"]).lower()
            if re.match(r"[a-z_]", name) and name not in self._functions:
                raise _no_function(name, at, self._functions)

    def _table_of(
        self, node: Mapping[str, Any], own: Collection[str], tables: Mapping[str, Sequence[str]]
    ) -> Iterator[str]:
        """The table that a node names, where it is one of those that there are, and not of the statement's own."""
        if node.get("type") != "BASE_TABLE":
            return
        path: list[str] = (node.get("qualified_name") or {}).get("path") or []
        at = node.get("query_location")
        if len(path) > 1 or node.get("schema_name") or node.get("catalog_name"):
            whole = ".".join(map(str, path)) or f"{node.get('schema_name')}.{node.get('table_name')}"
            raise Refusal("unknown_table", f"there is no {whole[:80]!r}: {_listed(tables)}", at)
        name = str(node.get("table_name") or "".join(map(str, path)))
        found = name.lower()
        if found in tables:
            yield found
        elif found not in own:
            near = difflib.get_close_matches(found, tables, n=1, cutoff=0.6)
            meant = f"did you mean {near[0]}? " if near else ""
            raise Refusal("unknown_table", f"there is no table {name[:80]!r}: {meant}{_listed(tables)}", at)


def _only_query(serialized: str) -> Any:
    """The one SELECT in what DuckDB serialized. Raises Refusal."""
    try:
        said = json.loads(serialized)
    except RecursionError:
        raise Refusal("nested", "the statement is nested too deeply") from None
    if said.get("error"):
        text = str(said.get("error_message", "")).partition("\n")[0]
        if said.get("error_type") == "not implemented":
            raise Refusal("not_a_select", "a statement is one SELECT (or WITH … SELECT, FROM …, VALUES …)")
        position = str(said.get("position", ""))
        raise Refusal("syntax", text, int(position) if position.isdecimal() else None)
    statements: list[Any] = said.get("statements") or []
    if len(statements) != 1:
        given = "there is none" if not statements else f"these are {len(statements)}"
        raise Refusal("not_one", f"send one SELECT: {given}")
    return statements[0]


def _nodes(query: Any) -> Iterator[dict[str, Any]]:
    """Every object in a serialized statement; a function that makes a table says so."""
    waiting = [query]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("type") == "TABLE_FUNCTION" and isinstance(one.get("function"), dict):
                one = {**one, "function": {**one["function"], "of_table": True}}
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _ctes_of(node: Mapping[str, Any]) -> list[str]:
    """The names that a node gives in WITH."""
    given = node.get("cte_map")
    entries = given.get("map") or () if isinstance(given, dict) else ()
    names = [str(one.get("key", "")) for one in entries]
    if node.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
        names.append(str(node.get("ctename") or node.get("cte_name") or node.get("name") or ""))
    return [name for name in names if name]


def _columns_of(nodes: Sequence[Mapping[str, Any]], named: Collection[str]) -> set[str] | None:
    """The names of columns that a statement mentions, in small letters; None where it may read all."""
    columns: set[str] = set()
    rows = set(named)
    """What names whole rows: a table, and what it is called in the statement."""
    for node in nodes:
        if _OF_ALL_COLUMNS & {str(node.get("type")), str(node.get("class"))} or node.get("ref_type") == "NATURAL":
            return None
        if node.get("column_name_alias"):
            return None
        for key in ("column_names", "using_columns"):
            columns.update(str(name).lower() for name in node.get(key) or ())
        if node.get("type") == "BASE_TABLE" and node.get("alias"):
            rows.add(str(node["alias"]).lower())
    of_rows = {str(node["column_names"][-1]).lower() for node in nodes if len(node.get("column_names") or ()) >= 1}
    return None if of_rows & rows else columns


def _listed(tables: Mapping[str, Any]) -> str:
    return f"there are {', '.join(sorted(tables))} ({SCHEMA_PATH})"


def _no_function(name: str, at: int | None, functions: Collection[str]) -> Refusal:
    same = "since the same statement must give the same rows again"
    if name in _CLOCKS:
        return Refusal("not_repeatable", f"{name} is not offered, {same}: take as_of of the table viewpoint", at)
    if name in _CHANCES:
        return Refusal("not_repeatable", f"{name} is not offered, {same}: take hash(…) of a column", at)
    near = difflib.get_close_matches(name, functions, n=2, cutoff=0.75)
    meant = f": did you mean {' or '.join(near)}?" if near else ""
    return Refusal("not_offered", f"there is no function {name[:80]} here{meant}", at)
