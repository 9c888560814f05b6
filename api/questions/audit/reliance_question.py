"""`/v1/reliance`: the answers that somebody relies on, and which of them would be different now."""

from collections.abc import Mapping
from typing import Any

from api.problems import Problem, problem_of
from api.questions.audit.audit_question import AuditQuestion, choice_of, texts_of
from api.questions.audit.item_columns import item_columns
from api.questions.audit.relied_answers import answer_changes, relied_answer, relied_viewpoint
from api.questions.name_hints import HINTS, word_hints
from api.questions.page import Items, Page, read
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from ledger import LedgerError
from ledger.values import POSITION_PREFIX
from projections import FilterError, Inquiry, UnknownFilter, Viewpoint
from projections.audit import Reliance, reliances

ORDER = 45
CHANGES_MAX = 20
"""So many changes of an answer are told."""
CHANGED = ("all", "true", "false")
DESCRIPTION = """\
What a report says is registered with `POST /v1/events`: a `RelianceRegistered` event with a name (`reliance`), the
`question` (the path of the answer with its filters: of figures, derived figures, or things that hold over time), where
and by whom it is used (`title`, `by`), and `as_of` and `recorded_as_of` of the `basis` that stood in the answer. What
`basis` leaves out is as the question's own address says, else as it was at the registration. Registered again under the
same name, it is the answer of that time that counts; `RelianceEnded` ends it.

An item a reliance: its question and viewpoint, whether the answer would be `changed` at the viewpoint, and `changes`:
what differs, each with `before`, `after` and the `causes`, as in `/v1/diff`, or, of derived figures, with the
`attributions` of `/v1/derived-vintages`; twenty at most (`more`: there are others). Both clocks count: what the world
has published since, and what this ledger took in, corrected or retracted.
`hints` has the names in the question that mean nothing here, as in any read, and `error` says why a question cannot be
answered, or that the answer is of later than the viewpoint that is asked. What was erased since is in neither answer,
so that nobody can tell whether it was in the one that is relied on: `erased` names what it may have been. With
`changed=true` only those whose answer is another.

Whoever is to hear of it without asking adds a hook: `supply-ledger hooks add URL --when changed --filter
reliance=NAME`.

Example: `GET /v1/reliance?changed=true`
"""
OWN = (
    Parameter("reliance", "Only these: names with commas between.", "market-report-page-4"),
    Parameter(
        "changed",
        "`true`: only those whose answer would be another; `false`: only those whose answer stands.",
        schema={"type": "string", "enum": list(CHANGED), "default": CHANGED[0]},
    ),
)
_COLUMNS = item_columns(
    "reliance title by question as_of recorded_as_of registered_at event_id changed:flag changes:objects more:flag "
    "hints:objects erased:objects error"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of reliances. Raises Problem."""
    asked = dict(parameters)
    wanted, names = choice_of(asked, "changed", CHANGED), texts_of(asked, "reliance")
    told: dict[str, Any] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        with engine.reader(viewpoint) as reader:
            registered = reliances(reader, names)
            if len(registered) < len(names):
                told.update(word_hints("reliance", names, [one.name for one in reliances(reader)]))
        if wanted == "all":
            registered = registered[skip:][:count]
            return [_item(engine, one, viewpoint) for one in registered]
        found: Items = []
        for one in registered:
            item = _item(engine, one, viewpoint)
            if item["changed"] is (wanted == "true"):
                found.append(item)
                if count is not None and len(found) == skip + count:
                    break
        return found[skip:]

    page = read(engine, fetch, path="reliance", parameters=parameters).with_columns(_COLUMNS)
    return page.with_members(**told)


def _item(engine: Inquiry, one: Reliance, now: Viewpoint) -> dict[str, Any]:
    """A reliance, and how its answer at the viewpoint differs from the one that is relied on."""
    item: dict[str, Any] = {
        "reliance": one.name,
        "title": one.title,
        "by": one.by,
        "question": one.question,
        "as_of": one.as_of or one.registered_at,
        "recorded_as_of": one.recorded_as_of or f"{POSITION_PREFIX}{one.position}",
        "registered_at": one.registered_at,
        "event_id": one.event_id,
        "changed": None,
        "changes": [],
        "more": False,
        "hints": [],
        "erased": [],
        "error": None,
    }
    try:
        answer = relied_answer(one)
        then = relied_viewpoint(one, answer)
        item.update(then)
        page = answer_changes(engine, answer, then, now, limit=CHANGES_MAX, asked="reliance")
    except (Problem, LedgerError, FilterError, UnknownFilter) as error:
        return {**item, "error": problem_of(error).detail}
    changes = page.rows()
    hints = page.more.get(HINTS, [])
    told = {"changes": changes, "more": page.next is not None, "hints": hints}
    return {**item, "changed": bool(changes), **told, "erased": page.basis["from"].get("erased", [])}


QUESTION = AuditQuestion(
    "reliance",
    "Which answers that somebody relies on would be different now",
    DESCRIPTION,
    (*OWN, *VIEWPOINT, *PAGING),
    ask,
    columns=("reliance", "title", "by", "question", "as_of", "changed", "changes"),
)
