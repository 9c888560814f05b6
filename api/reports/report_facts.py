"""What a report is made of: the answers to the questions that any client can ask, all of them at one viewpoint.

The viewpoint is resolved once, with the figures themselves; every further question is put at exactly its receipt. So
the parts of a report fit together while the log grows, and the same question at the same receipt gets the same answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api.problems import Problem, bad_parameter
from api.questions.audit.resource_parameters import RESOURCE, check_taken, with_things
from api.questions.audit.vintage_question import QUESTION as VINTAGES
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Page, Validity, viewpoint_of
from api.questions.parameters import LIMIT_MAX, PAGING, VIEWPOINT, Parameter
from api.questions.resources import events_with_acts, flat, parameters_of, state
from api.reports.report_names import names_of
from api.reports.thing_facts import ThingFacts, ThingQuestions, items_of, slugs_in
from ledger.values import parse_moment
from projections import CATALOGUE, FIGURE_IDENTITY, FIGURES, Inquiry
from projections.audit import disputes, revisions, sums, vintages

FIGURES_MAX = 50
STATEMENTS_MAX = 2000
_OF_ANSWERS_ONLY = ("prefer", "disputed")
_SLUGS = frozenset(("subject", "material", "publisher", "part"))

FILTERS: tuple[Parameter, ...] = tuple(
    one for one in parameters_of(FIGURES) if one.name not in (*VIEWPOINT_NAMES, *NOT_FILTERS, "resolve")
)
PARAMETERS: tuple[Parameter, ...] = tuple(
    one for one in with_things((*FILTERS, *VIEWPOINT, *PAGING)) if one.name not in NOT_FILTERS
)
"""What selects the figures or things of a report, and the viewpoint."""

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
    """What a report says: its figures, or things of another `resource`, at the viewpoint of `basis`; and the names of
    all slugs in them.

    `parameters` are those that were asked with; `validity` says for how long they are answered the same.
    """

    parameters: dict[str, str]
    basis: Item
    validity: Validity
    figures: list[FigureFacts]
    names: dict[str, str]
    resource: str = FIGURES.name
    things: list[ThingFacts] = field(default_factory=list)

    @property
    def subjects(self) -> Sequence[FigureFacts | ThingFacts]:
        """What it is about."""
        return self.things or self.figures

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
    """All that a report says of the figures, or with `resource` things, that parameters select; of none, where there is
    none at the viewpoint.

    Figures of which every statement was withdrawn are among them. Raises Problem (422) for more than 50 figures, for a
    figure with more than 2,000 statements, and for parameters that mean nothing.
    """
    resource = check_taken(parameters, (*FILTERS, *VIEWPOINT), VIEWPOINT)
    if resource != FIGURES.name:
        return _gather_things(engine, resource, parameters)
    parameters = {name: value for name, value in parameters.items() if name != RESOURCE.name}
    page = state(engine, FIGURES, parameters, limit=FIGURES_MAX)
    viewpoint = {name: str(page.basis[name]) for name in VIEWPOINT_NAMES}
    questions = _Questions(engine, viewpoint)
    filters = {name: value for name, value in parameters.items() if name not in VIEWPOINT_NAMES}
    answers = [(_key(item), item) for item in page.rows()]
    silent = questions.silent(filters, answers) if page.next is None else []
    if page.next is not None or len(answers) + len(silent) > FIGURES_MAX:
        many = f"more than {FIGURES_MAX} figures are selected, too many for one report"
        raise bad_parameter("(all)", "too_many", f"{many}: narrow the selection, for example by subject and period")
    selected: list[tuple[Item, Item | None]] = [*answers, *((key, None) for key in silent)]
    figures = questions.figures(selected)
    names = names_of(engine, viewpoint, (slug for figure in figures for slug in _slugs(vars(figure))))
    return Facts(dict(parameters), dict(page.basis), page.validity, figures, names)


def _gather_things(engine: Inquiry, resource: str, parameters: Mapping[str, str]) -> Facts:
    own = {name: value for name, value in parameters.items() if name != RESOURCE.name}
    page = items_of(engine, resource, own)
    viewpoint = {name: str(page.basis[name]) for name in VIEWPOINT_NAMES}
    things = ThingQuestions(engine, resource, viewpoint).facts(own, page.rows())
    projection = CATALOGUE[resource]
    names = names_of(engine, viewpoint, (slug for thing in things for slug in slugs_in(projection, vars(thing))))
    return Facts(dict(parameters), dict(page.basis), page.validity, [], names, resource=resource, things=things)


class _Questions:
    """The questions of a report, all of them at one viewpoint."""

    def __init__(self, engine: Inquiry, viewpoint: dict[str, str]) -> None:
        self._engine = engine
        self._viewpoint = viewpoint
        self._at = viewpoint_of(engine, viewpoint)

    def silent(self, filters: Mapping[str, str], answers: Iterable[tuple[Item, Item]]) -> list[Item]:
        """The keys of the selected figures whose statements were all withdrawn, so that there is no answer."""
        if "disputed" in filters:
            return []
        of_series = {name: value for name, value in filters.items() if name not in _OF_ANSWERS_ONLY}
        page = VINTAGES.ask(self._engine, {**of_series, **self._viewpoint, "limit": str(LIMIT_MAX)})
        answered = {key["figure_id"] for key, _ in answers}
        if page.next is not None:
            raise _too_many(LIMIT_MAX)
        rows = page.rows()
        keys = {item["figure_id"]: _key(item) for item in rows if item["figure_id"] not in answered}
        return list(keys.values())

    def figures(self, selected: Sequence[tuple[Item, Item | None]]) -> list[FigureFacts]:
        """All that is asked about some figures, with their answers. Each question is put once, about all of them."""
        answers = {key["figure_id"]: (key, answer) for key, answer in selected}
        if not answers:
            return []
        asked = self._asked(list(answers))
        kept = self._kept(list(answers))
        told = [item for name in ("published", "answered") for items in asked[name].values() for item in items]
        events = self._events({item["event_id"] for item in told})
        for item in told:
            item["event"] = events[item["event_id"]]
        return [
            FigureFacts(
                key=key,
                answer=answer,
                kept=kept[figure_id],
                **{name: of_each.get(figure_id, []) for name, of_each in asked.items()},
            )
            for figure_id, (key, answer) in answers.items()
        ]

    def _asked(self, ids: Sequence[str]) -> dict[str, dict[str, list[Item]]]:
        """What the projections and the audit say of each figure."""
        of_all = {"figure_id": list(ids)}
        figures = list(map(UUID, ids))
        with self._engine.reader(self._at) as reader:
            # One more than all figures may have together: then one of them has too many.
            published = reader.histories(figures, limit=len(ids) * STATEMENTS_MAX + 1)
            asked = {"published": _by_figure(published.to_pylist())}
            self._check(asked)
            answered = zip(ids, reader.all_answers(figures), strict=True)
            asked["answered"] = {figure_id: table.to_pylist() for figure_id, table in answered}
            stated = reader.read("figures", filters={**of_all, "resolve": "all"})
            asked["stated"] = _by_figure(Page(stated, basis={}, objects=FIGURES.objects).rows())
            asked["vintages"] = _by_figure(vintages(reader, of_all).items)
            asked["statistics"] = _by_figure(revisions(reader, of_all).items)
            asked["disputes"] = _by_figure(disputes(reader, of_all, status="all").items)
            asked["sums"] = _by_figure(sums(reader, of_all).items)
        for item in (item for items in asked["published"].values() for item in items):
            del item["figure_id"]
        self._check(asked)
        return asked

    def _check(self, asked: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        most = max((len(items) for of_each in asked.values() for items in of_each.values()), default=0)
        if most > STATEMENTS_MAX:
            raise _too_many(STATEMENTS_MAX)

    def _kept(self, ids: Sequence[str]) -> dict[str, list[Item]]:
        """Of each figure the ledger events that act on statements which were published by the viewpoint."""
        acted = self._engine.acts_on_figures(list(map(UUID, ids)), self._at)
        if max(count for count, _ in acted.values()) > STATEMENTS_MAX:
            raise _too_many(STATEMENTS_MAX)
        targets = self._events({act.body["target"] for _, acts in acted.values() for act in acts})
        kept = {}
        for figure_id, (_, acts) in acted.items():
            on_statements = [{**flat(act), "of": targets[act.body["target"]]} for act in acts]
            kept[str(figure_id)] = [act for act in on_statements if self._was_published(act["of"])]
        return kept

    def _was_published(self, event: Item) -> bool:
        """Whether an event was published by the viewpoint: as it was recorded, or as it reads now."""
        as_of = parse_moment(self._viewpoint["as_of"]).end
        printed = [text["published_at"] for text in (event, event["content"] or {}) if text.get("published_at")]
        return any(parse_moment(text).end <= as_of for text in printed or [event["recorded_at"]])

    def _events(self, event_ids: Iterable[str]) -> dict[str, Item]:
        # The log is cut on the ledger clock only: a correction may move a statement on the publication clock.
        return events_with_acts(self._engine, map(UUID, sorted(event_ids)), position=self._at.position)


def _too_many(most: int) -> Problem:
    many = f"more than {most} statements belong to what is selected, too many for one report"
    return bad_parameter("(all)", "too_many", f"{many}: narrow the selection")


def _by_figure(items: Iterable[Item]) -> dict[str, list[Item]]:
    figures: dict[str, list[Item]] = {}
    for item in items:
        figures.setdefault(item["figure_id"], []).append(item)
    return figures


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
