"""`/v1/search`: what a few words find."""

from collections.abc import Mapping

from api.problems import bad_parameter
from api.questions.audit.audit_question import AuditQuestion, page_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from projections import Inquiry, Reader
from projections.audit import Findings, word_search

ORDER = 5
TEXT_LETTERS_MAX = 200
DESCRIPTION = """\
What a few words find, for who knows no slug: figures, series of figures, things that hold over time, and entities, best
first. Each word is looked for at the beginnings of the words that things are called by, in any case; a period among
them (`2023`, `2024-Q3`) chooses figures. An item has its `kind`, a `title`, and what it is asked for by: `slug`,
`figure_id`, or `subject`, `metric` and `material`.

Example: `GET /v1/search?q=china+quota+2023`
"""
OWN = (Parameter("q", "A few words.", "china quota 2023", required=True),)
MEMBERS = {
    "summary": {
        "type": "object",
        "description": "What was read in the text: the words that were looked for, and the period.",
        "properties": {
            "words": {"type": "array", "items": {"type": "string"}},
            "period": {"type": ["string", "null"]},
        },
    }
}
_COLUMNS = item_columns(
    "kind title slug figure_id subject metric material period figures:count statements detail words:count"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of what was found. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        text = asked.get("q", "")
        if not text.strip():
            raise bad_parameter("q", "required", "q is what you look for: a few words, such as china quota 2023")
        if len(text) > TEXT_LETTERS_MAX:
            raise bad_parameter("q", "too_long", f"q has {len(text)} letters; {TEXT_LETTERS_MAX} at most")
        return word_search(reader, text)

    return page_of(engine, "search", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "search",
    "What a few words find",
    DESCRIPTION,
    (*OWN, *VIEWPOINT, *PAGING),
    ask,
    MEMBERS,
    ("kind", "title", "slug", "figure_id", "period", "figures"),
)
