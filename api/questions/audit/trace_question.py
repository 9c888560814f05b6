"""`/v1/trace`: the chain of an entity, up the stream or down it."""

import re
from collections.abc import Mapping

from api.problems import bad_parameter
from api.questions.audit.audit_question import TEXT_OR_NULL, AuditQuestion, choice_of, page_of, texts_of, whole_number
from api.questions.audit.item_columns import item_columns
from api.questions.name_hints import HINTS
from api.questions.page import Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from ledger.events import NAME_PATTERN
from projections import CATALOGUE, Inquiry, Reader, listed
from projections.audit import DEPTH, DIRECTIONS, RELATIONS, Findings, trace

ORDER = 80
DEPTH_MAX = 20
PLANNED = ("false", "true")
DESCRIPTION = """\
Who supplies an entity, and who supplies those (`upstream`); or whom it supplies, and so on (`downstream`). Open supply
links, and with `planned` those that are planned, are walked in the direction asked for; control (`owns`, `operates`,
`subsidiary_of`, and the operator that a facility's own events name) both ways, so that the mine of a supplier is in the
chain, and the operator of a plant.

An item is an edge: `from` and `to` as it was walked, `depth`, the `path` of entities that leads there, and what it is
(`kind`: `link`, `relationship` or `operator`). Each edge stands once, at its least depth. `already_reached` marks one
that leads to an entity that was reached before, in a cycle or by another way; it is not followed again.

Beside the items: `entities`, all that were reached, with where they are `located_in`; `risks`, those open on them; and
`summary`, in which `cut` says whether the chain goes on below `depth`.

Example: `GET /v1/trace?entity=js-link-kuantan-plant&direction=upstream`
"""
OWN = (
    Parameter("entity", "Where the chain begins: a slug.", "js-link-kuantan-plant", required=True),
    Parameter(
        "direction",
        "`upstream`: from consumers to suppliers; `downstream`: from suppliers to consumers.",
        "upstream",
        schema={"type": "string", "enum": list(DIRECTIONS), "default": DIRECTIONS[0]},
    ),
    Parameter("material", "Only supply links of this material: a slug. Relationships are followed all the same."),
    Parameter(
        "depth",
        "How many steps at most.",
        schema={"type": "integer", "minimum": 1, "maximum": DEPTH_MAX, "default": DEPTH},
    ),
    Parameter(
        "relations",
        f"Which relationships are followed, with commas between. Default: `{','.join(RELATIONS)}`.",
        "owns,operates,located_in",
    ),
    Parameter(
        "planned",
        "`true`: supply links that are planned are walked too, and each item says its `status`.",
        schema={"type": "string", "enum": list(PLANNED), "default": PLANNED[0]},
    ),
)
MEMBERS = {
    "summary": {"type": "object", "description": "How many there are of everything, and whether the chain is cut."},
    "entities": {
        "type": "array",
        "description": "Every entity reached, nearest first.",
        "items": {
            "type": "object",
            "properties": {
                "entity": {"type": "string"},
                "name": TEXT_OR_NULL,
                "kind": TEXT_OR_NULL,
                "depth": {"type": "integer"},
                "located_in": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
    "risks": {
        "type": "array",
        "description": "Open risks of these entities.",
        "items": {
            "type": "object",
            "properties": dict.fromkeys(("risk", "subject", "category", "severity", "description"), TEXT_OR_NULL),
        },
    },
}
_COLUMNS = item_columns(
    "depth:count from to path:texts kind link supplier consumer relation subject object material stage share "
    "effective_from effective_to event_id published_at position already_reached:flag"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of the edges of a chain. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        if "entity" not in asked:
            raise bad_parameter("entity", "required", "entity says where the chain begins: a slug")
        if len(listed("entity", asked["entity"])) > 1:
            raise bad_parameter("entity", "several", "entity says where the chain begins: one slug")
        direction = choice_of(asked, "direction", DIRECTIONS)
        depth = whole_number("depth", asked.pop("depth", str(DEPTH)), lowest=1, highest=DEPTH_MAX)
        relations = texts_of(asked, "relations") if "relations" in asked else RELATIONS
        wrong = next((text for text in relations if not re.fullmatch(NAME_PATTERN, text)), None)
        if wrong is not None or not relations:
            raise bad_parameter(
                "relations", "relation", f"relations are names such as owns, not {(wrong or '')[:40]!r}"
            )
        meant = reader.meant(CATALOGUE["relationships"], {"relation": relations} if "relations" in parameters else {})
        found = trace(
            reader,
            asked["entity"],
            direction=direction,
            material=asked.get("material"),
            depth=depth,
            relations=relations,
            planned=choice_of(asked, "planned", PLANNED) == "true",
        )
        hints = [{**one, "parameter": "relations"} for one in meant.hints]
        return found._replace(members={**found.members, HINTS: hints}) if hints else found

    return page_of(engine, "trace", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "trace",
    "The chain of suppliers or consumers",
    DESCRIPTION,
    (*OWN, *VIEWPOINT, *PAGING),
    ask,
    MEMBERS,
    ("depth", "from", "to", "kind", "link", "relation", "material", "stage", "share", "already_reached"),
)
