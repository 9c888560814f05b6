"""Tool answers: what a question answers, as an assistant reads it: few columns, what it rests on, and whom to cite.

The question is put as the server and the command line put it. Its answer has

- `items`, their free texts apart (`quoted_texts`), and `next_cursor` where there are more;
- `basis`: the three clocks, the position of the log and the root over it;
- `question`: the path of the HTTP API that gives the same for ever (with `receipt=full`, and proves it);
- `citations`: for each event that the items name a line by publisher, date and title, and the path of the event.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
import pyarrow as pa

from api.assistants.quoted_texts import QUOTED, quoted_text, reader_item
from api.formats.render import json_groups
from api.problems import bad_parameter, not_found
from api.questions.asked_paths import API_PREFIX, AskedQuestion, question_at
from api.questions.document_check import PARAMETERS as CHECK_PARAMETERS
from api.questions.document_check import check_of_document
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.page import Page
from api.questions.parameters import checked
from api.questions.point_question import point_page
from api.questions.repeated_question import asked
from ledger import visible
from ledger.values import POSITION_PREFIX
from projections import Inquiry

ROWS_DEFAULT = 20
ROWS_MAX = 100
ASOF_PATH = "/v1/asof"
CHECK_PATH = "/v1/check"
_IN_WORDS = ("said", "written_said", "line", "column", "row", "cell")
"""What the other columns of a check say as well."""
CITED_MAX = 100
"""So many events of an answer are cited; of others the items have the ids."""
_BESIDE = (*NAME_MEMBERS, "summary")
"""What is said beside the items, where it is short: how names were taken, what was probably meant."""


class AskedOf(NamedTuple):
    """A question as it is put: its path, its parameters, and the columns that are wanted (none: all but details).

    `kept` are wanted besides, and hold words and no free texts.
    """

    path: str
    parameters: Mapping[str, str]
    columns: Collection[str] = ()
    kept: Collection[str] = ()


def tool_answer(engine: Inquiry, question: AskedOf) -> dict[str, Any]:
    """The answer to a question as a tool gives it. Raises Problem and what questions raise."""
    found = question_at(question.path)
    if found is None:
        raise not_found(f"There is nothing to ask under {question.path[:200]!r}.")
    given = checked(_with_limit(question.parameters, found).items(), found.known)
    page = asked(lambda: found.ask(engine, given))
    rows = json_rows(page)
    pinned = found.pinned(given, page)
    answer: dict[str, Any] = {
        "items": [reader_item(row, question.columns, question.kept) for row in rows],
        "next_cursor": page.next,
        "basis": dict(page.basis),
        "question": _address(question.path, pinned),
    }
    beside = {name: page.more[name] for name in _BESIDE if name in page.more}
    if beside:
        answer["beside"] = reader_item(beside)
    return {**answer, **_citations(engine, answer["items"], page.basis)}


def points_answer(engine: Inquiry, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Rows of point-in-time questions, in their order, with their answers. Raises Problem and QuestionsRefused."""
    names = dict.fromkeys(name for row in rows for name in row)
    sent = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    page = asked(lambda: point_page(engine, sent, {}))
    items = [reader_item(row) for row in json_rows(page)]
    return {"items": items, "basis": dict(page.basis), "question": ASOF_PATH, **_citations(engine, items, page.basis)}


def check_answer(engine: Inquiry, text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What is still true of the numbers in a text, of the first ROWS_MAX. Raises Problem and what questions raise."""
    given = checked(parameters.items(), CHECK_PARAMETERS)
    page = asked(lambda: check_of_document(engine, text.encode(), "markdown", given, None)).page()
    rows = [{name: value for name, value in row.items() if name not in _IN_WORDS} for row in page.rows()]
    items = [reader_item(row) for row in rows[:ROWS_MAX]]
    more = {"items_left_out": len(rows) - ROWS_MAX} if len(rows) > ROWS_MAX else {}
    answer = {"items": items, **more, "counts": page.more["counts"], "basis": dict(page.basis), "question": CHECK_PATH}
    return {**answer, **_citations(engine, items, page.basis)}


def json_rows(page: Page) -> list[dict[str, Any]]:
    """The items as they arrive over HTTP."""
    return [orjson.loads(line) for lines in json_groups(page, b"\n") for line in lines.split(b"\n") if line]


def _with_limit(parameters: Mapping[str, str], question: AskedQuestion) -> dict[str, str]:
    if not any(one.name == "limit" for one in question.known):
        return dict(parameters)
    text = parameters.get("limit", str(ROWS_DEFAULT))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(ROWS_MAX)) and 1 <= int(text) <= ROWS_MAX):
        detail = (
            f"limit is a whole number from 1 to {ROWS_MAX}, not {text[:40]!r}; next_cursor leads to what is further"
        )
        raise bad_parameter("limit", "range", detail)
    return {**parameters, "limit": text}


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{quote(path)}?{urlencode(parameters)}"


def _citations(engine: Inquiry, items: list[dict[str, Any]], basis: Mapping[str, Any]) -> dict[str, Any]:
    """A line for each event that items name: who published it, when, and under which title."""
    events = list(dict.fromkeys(_event_ids(items)))
    sides = [basis[side] for side in ("from", "to") if side in basis] or [basis]
    # Of two viewpoints either may be the later one.
    position = max(side["position"] for side in sides)
    viewpoint = {"as_of": max(side["as_of"] for side in sides), "recorded_as_of": f"{POSITION_PREFIX}{position}"}
    cited = [_citation(engine, one, viewpoint) for one in events[:CITED_MAX]]
    more = {"citations_left_out": len(events) - CITED_MAX} if len(events) > CITED_MAX else {}
    return {"citations": cited, **more}


def _citation(engine: Inquiry, event_id: str, viewpoint: Mapping[str, str]) -> dict[str, Any]:
    path = f"{API_PREFIX}events/{event_id}"
    found = question_at(path)
    if found is None:
        raise LookupError(path)
    (event,) = json_rows(found.ask(engine, viewpoint))
    source: Mapping[str, Any] = event.get("source") or {}
    by = source.get("publisher") or event.get("recorded_by") or "unknown"
    said = f"{by} ({event.get('published_at') or event['recorded_at'][:10]})"
    titles = [text for name in ("title", "edition", "via", "url") if (text := source.get(name))]
    line = ": ".join([said, ", ".join(titles)]) if titles else said
    return {"event_id": event_id, "path": path, QUOTED: {"citation": quoted_text(line)}}


def _event_ids(value: Any) -> Iterator[str]:
    """Ids of events, in the order of the items that name them."""
    if isinstance(value, Mapping):
        if isinstance(own := value.get("event_id"), str):
            yield visible(own)
        for one in value.values():
            yield from _event_ids(one)
    elif isinstance(value, list):
        for one in value:
            yield from _event_ids(one)
