"""What a report is made of: the answers to the questions that any client can ask, all of them at one viewpoint.

The viewpoint is resolved once, with the figures themselves; every further question is put at exactly its receipt. So
the parts of a report fit together while the log grows, and the same question at the same receipt gets the same answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.dispute_question import QUESTION as DISPUTES
from api.questions.audit.revision_question import QUESTION as REVISIONS
from api.questions.audit.sum_question import QUESTION as SUMS
from api.questions.audit.vintage_question import QUESTION as VINTAGES
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Page, Validity
from api.questions.parameters import LIMIT_MAX, VIEWPOINT, Parameter
from api.questions.resources import event, events, history, parameters_of, state
from ledger.values import parse_moment
from projections import CATALOGUE, FIGURE_IDENTITY, FIGURES, Inquiry

FIGURES_MAX = 50
STATEMENTS_MAX = 2000
_OF_ANSWERS_ONLY = ("prefer", "disputed")
_ACTS = ("EventCorrected", "EventRetracted", "EventReinstated")
"""The types of ledger event that a report shows: what this ledger did to statements."""
_SLUGS = frozenset(("subject", "material", "publisher", "part"))

FILTERS: tuple[Parameter, ...] = tuple(
    one for one in parameters_of(FIGURES) if one.name not in (*VIEWPOINT_NAMES, *NOT_FILTERS, "resolve")
)
PARAMETERS: tuple[Parameter, ...] = (*FILTERS, *VIEWPOINT)
"""What selects the figures of a report, and the viewpoint."""

Item = dict[str, Any]


@dataclass(frozen=True)
class FigureFacts:
    """All that is asked about one figure. Items are as the API gives them.

    `answer` is None where nobody says anything any more. An item of `published` and of `answered` has its event as
    `event`; one of `kept` (a ledger event) has that of its target as `of`.
    """

    key: Item
    answer: Item | None
    stated: list[Item]
    published: list[Item]
    answered: list[Item]
    kept: list[Item]
    vintages: list[Item]
    statistics: list[Item]
    disputes: list[Item]
    sums: list[Item]


@dataclass(frozen=True)
class Facts:
    """What a report says: its figures at the viewpoint of `basis`, and the names of all slugs in them.

    `parameters` are those that were asked with; `validity` says for how long they are answered the same.
    """

    parameters: dict[str, str]
    basis: Item
    validity: Validity
    figures: list[FigureFacts]
    names: dict[str, str]

    @property
    def clocks(self) -> dict[str, str]:
        """The viewpoint as parameters, `effective_at` only where it is not what it defaults to."""
        clocks = {name: str(self.basis[name]) for name in VIEWPOINT_NAMES}
        return {name: text for name, text in clocks.items() if name != "effective_at" or text != clocks["as_of"]}

    @property
    def filters(self) -> dict[str, str]:
        """The parameters that are not the viewpoint."""
        return {name: value for name, value in self.parameters.items() if name not in VIEWPOINT_NAMES}


def gather(engine: Inquiry, parameters: Mapping[str, str]) -> Facts:
    """All that a report says of the figures that parameters select; of none, where there is none at the viewpoint.

    Figures of which every statement was withdrawn are among them. Raises Problem (422) for more than 50 figures, for a
    figure with more than 2,000 statements, and for parameters that mean nothing.
    """
    page = state(engine, FIGURES, parameters, limit=FIGURES_MAX)
    questions = _Questions(engine, {name: str(page.basis[name]) for name in VIEWPOINT_NAMES})
    filters = {name: value for name, value in parameters.items() if name not in VIEWPOINT_NAMES}
    answers = [(_key(item), item) for item in page.rows()]
    silent = questions.silent(filters, answers) if page.next is None else []
    if page.next is not None or len(answers) + len(silent) > FIGURES_MAX:
        many = f"more than {FIGURES_MAX} figures are selected, too many for one report"
        raise bad_parameter("(all)", "too_many", f"{many}: narrow the selection, for example by subject and period")
    selected: list[tuple[Item, Item | None]] = [*answers, *((key, None) for key in silent)]
    figures = [questions.figure(key, answer) for key, answer in selected]
    names = questions.names(slug for figure in figures for slug in _slugs(vars(figure)))
    return Facts(dict(parameters), dict(page.basis), page.validity, figures, names)


class _Questions:
    """The questions of a report, all of them at one viewpoint."""

    def __init__(self, engine: Inquiry, viewpoint: dict[str, str]) -> None:
        self._engine = engine
        self._viewpoint = viewpoint
        # The log is cut on the ledger clock only: a correction may move a statement on the publication clock.
        self._held = {"recorded_as_of": viewpoint["recorded_as_of"]}

    def silent(self, filters: Mapping[str, str], answers: Iterable[tuple[Item, Item]]) -> list[Item]:
        """The keys of the selected figures whose statements were all withdrawn, so that there is no answer."""
        if "disputed" in filters:
            return []
        of_series = {name: value for name, value in filters.items() if name not in _OF_ANSWERS_ONLY}
        page = VINTAGES.ask(self._engine, {**of_series, **self._viewpoint, "limit": str(LIMIT_MAX)})
        answered = {key["figure_id"] for key, _ in answers}
        rows = self._whole(page, most=LIMIT_MAX)
        keys = {item["figure_id"]: _key(item) for item in rows if item["figure_id"] not in answered}
        return list(keys.values())

    def figure(self, key: Item, answer: Item | None) -> FigureFacts:
        """All that is asked about one figure."""
        figure_id = key["figure_id"]
        one = {"figure_id": figure_id, **self._viewpoint, "limit": str(STATEMENTS_MAX)}
        published = self._whole(history(self._engine, figure_id, self._viewpoint, limit=STATEMENTS_MAX))
        ledger_clock = {**self._viewpoint, "clock": "ledger"}
        answered = self._whole(history(self._engine, figure_id, ledger_clock, limit=STATEMENTS_MAX))
        for item in (*published, *answered):
            item["event"] = self._event(item["event_id"])
        return FigureFacts(
            key=key,
            answer=answer,
            stated=self._whole(state(self._engine, FIGURES, {**one, "resolve": "all"})),
            published=published,
            answered=answered,
            kept=list(self._kept(figure_id)),
            vintages=self._whole(VINTAGES.ask(self._engine, one)),
            statistics=self._whole(REVISIONS.ask(self._engine, one)),
            disputes=self._whole(DISPUTES.ask(self._engine, {**one, "status": "all"})),
            sums=self._whole(SUMS.ask(self._engine, one)),
        )

    def names(self, slugs: Iterable[str]) -> dict[str, str]:
        """What each slug is called at the viewpoint."""
        entities = CATALOGUE["entities"]
        page = state(self._engine, entities, self._viewpoint, limit=LIMIT_MAX)
        known = {slug: item["name"] for item in page.rows() for slug in (item["entity"], *item["merged"])}
        names = {}
        for slug in sorted(set(slugs)):
            rows = []
            if slug not in known and page.next is not None:
                rows = state(self._engine, entities, {"entity": slug, **self._viewpoint}).rows()
            names[slug] = rows[0]["name"] if rows else known.get(slug, slug)
        return names

    def _kept(self, figure_id: str) -> Iterator[Item]:
        """The ledger events that act on statements of the figure which were published by the viewpoint."""
        page = events(self._engine, {**self._held, "figure_id": figure_id}, limit=STATEMENTS_MAX)
        for act in self._whole(page):
            if act["type"] in _ACTS:
                target = self._event(act["target"])
                if self._was_published(target):
                    yield {**act, "of": target}

    def _was_published(self, event: Item) -> bool:
        """Whether an event was published by the viewpoint: as it was recorded, or as it reads now."""
        as_of = parse_moment(self._viewpoint["as_of"]).end
        printed = [text["published_at"] for text in (event, event["content"] or {}) if text.get("published_at")]
        return any(parse_moment(text).end <= as_of for text in printed or [event["recorded_at"]])

    def _event(self, event_id: str) -> Item:
        return event(self._engine, event_id, self._held).rows()[0]

    def _whole(self, page: Page, *, most: int = STATEMENTS_MAX) -> list[Item]:
        if page.next is not None:
            many = f"more than {most} statements belong to what is selected, too many for one report"
            raise bad_parameter("(all)", "too_many", f"{many}: narrow the selection")
        return page.rows()


def _key(item: Mapping[str, Any]) -> Item:
    return {name: item[name] for name in FIGURE_IDENTITY}


def _slugs(value: Any) -> Iterator[str]:
    """Every slug of an entity in some items."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in _SLUGS and isinstance(part, str):
                yield part
            else:
                yield from _slugs(part)
    elif isinstance(value, list):
        for part in value:
            yield from _slugs(part)
