"""Ledger tools: the questions that an assistant can put, each with its parameters as a JSON schema.

They are those of the HTTP API, with the same names and rules: nothing is recorded by any of them.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from api.assistants.tool_answers import ROWS_DEFAULT, ROWS_MAX, AskedOf, check_answer, points_answer, tool_answer
from api.problems import bad_parameter
from api.questions.asked_paths import API_PREFIX, question_at
from api.questions.audit import AUDIT_QUESTIONS
from api.questions.document_check import WRITTEN
from api.questions.parameters import AS_OF, RECORDED_AS_OF, Parameter
from api.questions.resources import HISTORY
from api.questions.thing_history import THING_HISTORY, WITH_HISTORY
from projections import FIGURES, QUESTION_COLUMNS, Inquiry

TEXT_MAX = 100_000
_OF_CHECKS = (AS_OF, RECORDED_AS_OF, WRITTEN)
_OF_THE_FORM = ("format", "safe", "receipt")
_HISTORY_KEPT = frozenset("recorded_at canonical_value canonical_low canonical_high canonical_unit revision".split())
_AUDIT = {one.name: one for one in AUDIT_QUESTIONS}
Arguments = Mapping[str, Any]


class LedgerTool(NamedTuple):
    """A tool: what it is for, its parameters, and the question that arguments ask."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    asked_of: Callable[[dict[str, str]], AskedOf]

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        properties = dict(_property(one) for one in self.parameters if one.name not in _OF_THE_FORM)
        required = [one.name for one in self.parameters if one.required]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def answer(self, engine: Inquiry, arguments: Arguments) -> dict[str, Any]:
        """The answer to the question that arguments ask. Raises Problem and what questions raise."""
        return tool_answer(engine, self.asked_of(_texts(arguments)))


class PointTool(NamedTuple):
    """The tool of point-in-time questions: rows, each with a moment of its own."""

    name: str
    description: str

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        row = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in QUESTION_COLUMNS},
            "required": ["as_of"],
            "additionalProperties": {"type": "string", "description": "dimension.NAME"},
        }
        questions = {"type": "array", "items": row, "minItems": 1, "maxItems": ROWS_MAX}
        return {
            "type": "object",
            "properties": {"questions": questions},
            "required": ["questions"],
            "additionalProperties": False,
        }

    def answer(self, engine: Inquiry, arguments: Arguments) -> dict[str, Any]:
        """The rows with their answers. Raises Problem and what questions raise."""
        rows = arguments.get("questions")
        if arguments.keys() != {"questions"} or not isinstance(rows, list) or not 0 < len(rows) <= ROWS_MAX:
            detail = f"give questions alone: a list of 1 to {ROWS_MAX} rows, each with as_of"
            raise bad_parameter("questions", "rows", detail)
        if not all(isinstance(row, Mapping) for row in rows):
            raise bad_parameter("questions", "row", "a row of questions is an object: subject, metric, period, as_of …")
        return points_answer(engine, [_texts(row) for row in rows])


class CheckTool(NamedTuple):
    """The tool that checks the numbers in a text."""

    name: str
    description: str

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        text = {
            "type": "string",
            "description": "Sentences or a report, as text or Markdown, each number with its unit.",
            "minLength": 1,
            "maxLength": TEXT_MAX,
        }
        clocks = dict(_property(one) for one in _OF_CHECKS)
        return {
            "type": "object",
            "properties": {"text": text, **clocks},
            "required": ["text"],
            "additionalProperties": False,
        }

    def answer(self, engine: Inquiry, arguments: Arguments) -> dict[str, Any]:
        """The numbers with their verdicts. Raises Problem and what questions raise."""
        text = arguments.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= TEXT_MAX:
            raise bad_parameter("text", "text", f"give text: 1 to {TEXT_MAX:,} characters")
        others = _texts({name: value for name, value in arguments.items() if name != "text"})
        names = [one.name for one in _OF_CHECKS]
        if unknown := next((name for name in others if name not in names), None):
            raise bad_parameter(unknown[:80], "unknown_parameter", f"check takes text, {', '.join(names)}")
        return check_answer(engine, text, others)


_WHOLE = ("derived",)
"""Questions whose items are given with what they are made of."""


def _listed(name: str, description: str) -> LedgerTool:
    """The tool of a list, or of a question of the audit."""
    path = API_PREFIX + name
    found = question_at(path)
    if found is None:
        raise LookupError(path)

    def asked_of(given: dict[str, str]) -> AskedOf:
        columns = _AUDIT[name].columns_of(given) if name in _AUDIT and name not in _WHOLE else ()
        return AskedOf(path, given, columns, _kept(name))

    return LedgerTool(name, description, found.known, asked_of)


def _kept(name: str) -> frozenset[str]:
    return frozenset({"slug", "subject", "metric", "material"}) if name == "search" else frozenset()


_FIGURE = Parameter("figure_id", "The id of a figure, as search and figures give it.")
_RESOURCE = Parameter(
    "resource", "Of what else, beside `thing`.", schema={"type": "string", "enum": [one.name for one in WITH_HISTORY]}
)
_THING = Parameter("thing", "The slug of a policy, facility, commitment and so on, beside `resource`.")


def _history_of(given: dict[str, str]) -> AskedOf:
    figure, resource, thing = (given.pop(one.name, None) for one in (_FIGURE, _RESOURCE, _THING))
    if figure is not None and resource is None and thing is None:
        return AskedOf(f"{API_PREFIX}{FIGURES.name}/{figure}/history", given, kept=_HISTORY_KEPT)
    if figure is None and resource is not None and thing is not None:
        return AskedOf(f"{API_PREFIX}{resource}/{thing}/history", given, kept=_HISTORY_KEPT)
    detail = "history is of one figure (figure_id), or of one thing (resource and thing): give the one or the other"
    raise bad_parameter("figure_id", "which", detail)


_HISTORY = (_FIGURE, _RESOURCE, _THING, *{one.name: one for one in (*HISTORY, *THING_HISTORY)}.values())

TOOLS: Mapping[str, LedgerTool | PointTool | CheckTool] = {
    one.name: one
    for one in (
        _listed(
            "search", "What a few words find: figures, things and names. Begin here; ask on with the ids and slugs."
        ),
        _listed("figures", "What publishers say of figures (production, quotas, prices …), as of any day."),
        _listed(
            "derived",
            "Figures that nobody states and a formula of this ledger derives (shares, growth, cost per unit), with the "
            "figures that they are made of; computed=false: those without a value, and why.",
        ),
        LedgerTool(
            "history",
            "How a figure, or a thing that holds over time, got where it is: who said what and when, each change with "
            "its cause. clock=ledger: what this ledger answered, and since when.",
            _HISTORY,
            _history_of,
        ),
        _listed("diff", "What differs between two viewpoints, and the events that made the difference."),
        _listed("policies", "Policies with their status at a viewpoint: in force, suspended, announced …"),
        _listed("commitments", "Offtakes, price floors, loans and grants, with what was met of them."),
        _listed("disputes", "Where publishers differ, by how much, since when, and how it ended."),
        PointTool(
            "point_in_time",
            "Up to 100 figures at once, each as it was known at a moment of its own (as_of in each row). The words of "
            "a row must fit one figure.",
        ),
        CheckTool(
            "check",
            "Are the numbers in a text so? Each that names a figure has a verdict: current, superseded, our_error, "
            "disputed, misquoted, never_said, not_held or ambiguous, with the value that is so. Nothing is guessed: "
            "say subject, metric, material, period and unit.",
        ),
    )
}
"""In the order in which they are listed."""


def _property(one: Parameter) -> tuple[str, dict[str, Any]]:
    """A parameter as a property; one that stands for many names is an object of these."""
    said = {"description": one.description.replace("`", "")}
    if one.prefix is not None:
        return one.prefix.rstrip("."), {"type": "object", "additionalProperties": {"type": "string"}, **said}
    if one.name == "limit":
        return one.name, {
            "type": "integer",
            "minimum": 1,
            "maximum": ROWS_MAX,
            "default": ROWS_DEFAULT,
            "description": "How many items.",
        }
    if one.name == "cursor":
        said = {"description": "The next_cursor of the answer before, with the same other arguments."}
    return one.name, {"type": "string", **({} if one.several else one.schema), **said}


def _texts(arguments: Arguments) -> dict[str, str]:
    """Arguments as the texts of a query; null is as if left out."""
    texts: dict[str, str] = {}
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            texts |= {f"{name}.{key}": _text(str(key), one) for key, one in value.items()}
        elif value is not None:
            texts[name] = _text(name, value)
    return texts


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    raise bad_parameter(name[:80], "text", f"{name[:80]} is one text or number, not {type(value).__name__}")
