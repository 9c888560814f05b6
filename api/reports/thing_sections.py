"""Things that hold over time put into words: a section for each policy, plant or offtake of a report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.reports.charts import slips_chart
from api.reports.phrases import command, count, day, request, sentence, words
from api.reports.report_facts import Facts
from api.reports.report_parts import Chart, Detail, Row, Section, Table
from api.reports.thing_facts import Item, ThingFacts, columns_known_by
from api.reports.thing_tables import called, happening, shown, stated_dates, status, thing_tables
from ledger.values import parse_moment
from projections import CATALOGUE, THINGS

DATES_LISTED_MAX = 40
"""How many dates the description of a chart lists, for readers who do not see it; the table has them all."""
_OF_THE_STATEMENT = (
    "event_id",
    "position",
    "publisher",
    "publishers",
    "disputed",
    "published_at",
    "foreseen",
    "status",
)
ONE_OF = {name: name.removesuffix("s") for name in THINGS} | {
    "policies": "policy",
    "facilities": "facility",
    "links": "supply link",
}
"""What one thing of a resource is called."""


def things_title(facts: Facts) -> str:
    """What all things of a report have in common."""
    if not facts.things:
        return f"No {ONE_OF[facts.resource]} at this viewpoint"
    if len(facts.things) == 1:
        return thing_title(facts.resource, facts.things[0], facts.names)
    return sentence(f"{count(len(facts.things), ONE_OF[facts.resource], facts.resource)}")


def thing_title(resource: str, thing: ThingFacts, names: Mapping[str, str]) -> str:
    """What a thing is called: by its title, by the name of its entity, or by its slug."""
    title = next((item["title"] for item in thing.items if item.get("title")), None)
    if title is not None:
        return str(title)
    return sentence(" ".join(words(names.get(value, value)) for value in thing.key.values() if value))


def thing_sections(facts: Facts, *, charts: bool) -> list[Section]:
    """A section for each thing."""
    return [_Section(facts, thing, place).made(charts=charts) for place, thing in enumerate(facts.things, 1)]


def things_summary(sections: Sequence[Section], facts: Facts) -> Table:
    """All things of a report in one table."""
    rows = [
        Row(
            (
                section.title,
                section.scope,
                section.headline,
                str(sum(bool(slip["restated"]) for slip in thing.slips)),
                "yes" if any(item["disputed"] for item in thing.items) else "no",
            ),
            leads_to=section.anchor,
        )
        for section, thing in zip(sections, facts.things, strict=True)
    ]
    columns = (sentence(ONE_OF[facts.resource]), "Of", "Status", ("Dates that moved", "number"), "Disputed")
    return Table.of("Summary", "Each as it stands; the sections below say how it got there.", columns, rows)


class _Section:
    """One thing in words."""

    def __init__(self, facts: Facts, thing: ThingFacts, place: int) -> None:
        self._facts, self._thing, self._names = facts, thing, facts.names
        self._projection = CATALOGUE[facts.resource]
        self._anchor = f"thing-{place}"
        self._title = thing_title(facts.resource, thing, facts.names)

    def made(self, *, charts: bool) -> Section:
        """The section."""
        drawn = tuple(self._charts()) if charts else ()
        return Section(
            anchor=self._anchor,
            title=self._title,
            scope=self._scope(),
            headline=self._headline(),
            verdict=self._verdict(),
            remarks=tuple(self._remarks()),
            key=tuple(self._key()),
            answer=tuple(detail for item in self._thing.items for detail in self._answer(item)),
            again=tuple(self._again()),
            charts=drawn,
            no_chart="" if drawn else "No chart: no date was stated twice.",
            vintages=stated_dates(self._thing, self._names),
            tables=tuple(thing_tables(self._thing, self._names)),
        )

    def _scope(self) -> str:
        told = self._thing.items[0] if self._thing.items else {}
        more = [shown(name, told[name], self._names) for name in ("kind", "category", "jurisdiction") if told.get(name)]
        return sentence("; ".join((ONE_OF[self._facts.resource], *map(words, more))))

    def _headline(self) -> str:
        if not self._thing.items:
            return "No answer"
        if len(self._thing.items) == 1:
            return sentence(status(self._thing.items[0]))
        return "; ".join(f"{self._part(item)}: {status(item)}" for item in self._thing.items)

    def _part(self, item: Item) -> str:
        """Which of several states of the thing an item is: that of a stage, or of an interval."""
        return words(item.get("stage") or item.get("role")) or f"from {item['effective_from'] or 'a day not stated'}"

    def _verdict(self) -> str:
        if not self._thing.items:
            return "Nobody that was asked for says anything at this viewpoint"
        last = max(self._thing.items, key=lambda item: int(item["position"]))
        return f"{called(last['publisher'], self._names)}, published {last['published_at']}"

    def _remarks(self) -> Iterator[str]:
        items = self._thing.items
        most = max((item["publishers"] for item in items), default=0)
        if any(item["disputed"] for item in items):
            yield f"Disputed: {count(most, 'publisher')} speak of it, and say what cannot all be so."
        elif items:
            yield f"Undisputed: {count(most, 'publisher')} {'speaks' if most == 1 else 'speak'} of it."
        if any(item["foreseen"] for item in items):
            yield "Foreseen: nobody has said since that it came true."
        moved = [slip for slip in self._thing.slips if slip["restated"]]
        if moved:
            times = sum(slip["restated"] for slip in moved)
            yield f"Stated dates moved {'once' if times == 1 else f'{times} times'}; see below by whom and how far."
        if any(act["type"] == "EventCorrected" for act in self._thing.kept):
            yield "This ledger had taken a statement down wrongly and has corrected it; see below."

    def _key(self) -> Iterator[Detail]:
        for column, value in self._thing.key.items():
            if value is not None:
                yield Detail(sentence(words(column)), self._with_slug(value))

    def _answer(self, item: Item) -> Iterator[Detail]:
        several = len(self._thing.items) > 1
        prefix = f"{sentence(self._part(item))}: " if several else ""
        yield Detail(f"{prefix}status" if several else "Status", status(item))
        left_out = {*self._thing.key, *_OF_THE_STATEMENT, "relationship", "stage" if several else ""}
        for name, value in item.items():
            if name not in left_out and value is not None:
                label = f"{prefix}{words(name)}" if several else sentence(words(name))
                yield Detail(label, self._value(name, value))
        label = f"{prefix}event" if several else "Event"
        yield Detail(label, f"{item['event_id']}, position {item['position']}", code=True)

    def _value(self, name: str, value: Any) -> str:
        kind = self._projection.kinds.get(name)
        names_entities = kind is not None and kind.names_entities
        if names_entities:
            return ", ".join(map(self._with_slug, value if isinstance(value, list) else [value]))
        return shown(name, value, self._names)

    def _with_slug(self, slug: str) -> str:
        name = self._names.get(slug, slug)
        return name if name == slug else f"{name} ({slug})"

    def _again(self) -> Iterator[Detail]:
        known_by = columns_known_by(self._projection)
        name = ":".join(filter(None, (self._thing.key[column] for column in known_by)))
        chosen = {name: text for name, text in self._facts.filters.items() if name in ("publisher", "prefer")}
        asked = {str(self._projection.slug): name, **chosen, **self._facts.clocks}
        yield Detail("Request", request(self._facts.resource, asked), code=True)
        yield Detail("Command", command(self._facts.resource, asked), code=True)
        yield Detail(
            "History", request(f"{self._facts.resource}/{name}/history", {**chosen, **self._facts.clocks}), code=True
        )

    def _charts(self) -> Iterator[Chart]:
        """A chart for each transition of which dates were stated twice."""
        as_of = self._facts.basis["as_of"]
        series: dict[tuple[str, str | None], list[Item]] = {}
        for item in self._thing.vintages:
            series.setdefault((item["transition"], item["part"]), []).append(item)
        for (transition, part), items in series.items():
            spec = slips_chart(items, names=self._names, until=parse_moment(as_of).end)
            if spec is None:
                continue
            what = ", ".join(filter(None, (happening(transition), words(part))))
            listed = [
                f"{called(item['publisher'], self._names)} stated {item['effective_from']} from {item['vintage_date']}"
                for item in items
            ]
            more = (
                [f"and {len(listed) - DATES_LISTED_MAX} more, in the table"] if len(listed) > DATES_LISTED_MAX else []
            )
            yield Chart(
                spec,
                title=f"{what}: the dates stated of {self._title}",
                description="; ".join([*listed[:DATES_LISTED_MAX], *more]) + ".",
                caption=f"{what}: a step is the date that a publisher stated, from its publication until it stated "
                f"another, up to {day(as_of)}. A band is a date coarser than a day. On the dashed line a date is the "
                "day of its publication: what lies below had passed.",
            )
