"""The sandbox: SQL of anybody, over the public tables at a viewpoint, in a process that can do nothing else.

- `public_tables`: what there is to read, each table cut to the viewpoint by the queries of its resource;
- `sql_sandbox`: hands a child the rows that a statement reads, and takes the answer;
- `statement_processes`: one for each statement, killed at a limit;
- in these: `nursery`, `child_process`, `confined_database` and `statement_check`, the locks from the outside inwards.
"""

from projections.sandbox.answer_columns import file_columns, nested_names, text_columns
from projections.sandbox.examples import examples
from projections.sandbox.public_table import PublicTable
from projections.sandbox.public_tables import public_tables
from projections.sandbox.refusals import StatementRefused
from projections.sandbox.sandbox_limits import SandboxLimits
from projections.sandbox.sql_sandbox import Sandbox, SandboxAnswer
from projections.sandbox.statement_check import SQL_LENGTH_MAX, offered_functions

__all__ = [
    "SQL_LENGTH_MAX",
    "PublicTable",
    "Sandbox",
    "SandboxAnswer",
    "SandboxLimits",
    "StatementRefused",
    "examples",
    "file_columns",
    "nested_names",
    "offered_functions",
    "public_tables",
    "text_columns",
]
