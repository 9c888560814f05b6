"""Facts put into words, in their order of reading: from what was gathered to what the templates lay out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from api.reports.charts import vintages_chart
from api.reports.phrases import (
    CAUSES,
    MEANINGS,
    MEANINGS_OF_THINGS,
    NONE,
    command,
    count,
    counted_from,
    day,
    instant,
    link,
    request,
    said,
    sentence,
    unit_words,
    words,
)
from api.reports.report_facts import Facts, FigureFacts, Item
from api.reports.report_parts import Chart, Detail, Presentation, Row, Section, Table
from api.reports.report_tables import tables_of, vintages
from api.reports.thing_sections import ONE_OF, thing_sections, things_summary, things_title
from ledger.values import parse_moment
from projections import FIGURES

DESCRIBED_MAX = 40
"""How many vintages the description of a chart lists, for readers who do not see it; the table has them all."""


def presented(facts: Facts, *, version: str, charts: bool = True) -> Presentation:
    """A report in words. Without `charts` none is made: a format that cannot show them has the table of vintages."""
    of_figures = facts.resource == FIGURES.name
    sections = tuple(_sections(facts, charts=charts) if of_figures else thing_sections(facts, charts=charts))
    basis, title = facts.basis, _title(facts) if of_figures else things_title(facts)
    summary = _summary if of_figures else things_summary
    until, position = instant(basis["as_of"]), basis["position"]
    return Presentation(
        title=title,
        subtitle=f"As published by {until}, and as held by this ledger at position {position}",
        about=tuple(_about(facts)),
        receipt=tuple(_receipt(basis)),
        again=(
            Detail("Request", request("report", {**facts.filters, **facts.clocks}), code=True),
            Detail("Command", command("report", {**facts.filters, **facts.clocks}), code=True),
        ),
        summary=summary(sections, facts) if len(sections) > 1 else None,
        sections=sections,
        terms=tuple(_terms(facts)),
        footer=f"supply-ledger {version}; {count(position, 'event')} of the log",
    )


def _sections(facts: Facts, *, charts: bool) -> Iterator[Section]:
    for place, (figure, title) in enumerate(zip(facts.figures, _titles(facts), strict=True), 1):
        yield _Section(facts, figure, place, title).made(charts=charts)


def _title(facts: Facts) -> str:
    """What all figures have in common."""
    if not facts.figures:
        return "No figure at this viewpoint"
    keys = [figure.key for figure in facts.figures]
    if len(keys) == 1:
        return figure_title(keys[0], facts.names)
    common = {name: keys[0][name] for name in ("subject", "metric", "period") if len({key[name] for key in keys}) == 1}
    shared = figure_title(common, facts.names)
    return f"{shared}: {count(len(keys), 'figure')}" if shared else count(len(keys), "figure")


def _titles(facts: Facts) -> list[str]:
    """A title for each figure; where several would be called the same, with what they differ in."""
    titles = [figure_title(figure.key, facts.names) for figure in facts.figures]
    distinct = []
    for figure, title in zip(facts.figures, titles, strict=True):
        alike = [
            _traits(other.key, facts.names) for other, of in zip(facts.figures, titles, strict=True) if of == title
        ]
        own = _traits(figure.key, facts.names)
        telling = [text for name, text in own.items() if text and any(one.get(name) != text for one in alike)]
        distinct.append(f"{title} ({', '.join(telling)})" if telling else title)
    return distinct


def _traits(key: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """What else a figure is of, by name, in words."""
    dimensions = {f"dimension {name}": words(value) for name, value in (key["dimensions"] or {}).items()}
    material = names.get(key["material"] or "", key["material"] or "")
    return {"material": material, **dimensions, "nature": key["nature"], "unit": unit_words(key["canonical_unit"])}


def figure_title(key: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What a figure is: subject, metric and period, as far as given."""
    subject = names.get(key.get("subject") or "", key.get("subject") or "")
    rest = ", ".join(part for part in (words(key.get("metric")), key.get("period") or "") if part)
    return sentence(": ".join(part for part in (subject, rest) if part))


def scope_of(key: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What else tells a figure from others: material, dimensions, nature."""
    dimensions = [f"{words(name)}: {words(value)}" for name, value in (key["dimensions"] or {}).items()]
    material = names.get(key["material"] or "", key["material"] or "")
    return sentence("; ".join(part for part in (material, *dimensions, key["nature"]) if part))


def _about(facts: Facts) -> Iterator[str]:
    basis = facts.basis
    one, many = ("figure", "figures") if facts.resource == FIGURES.name else (ONE_OF[facts.resource], facts.resource)
    number = len(facts.subjects)
    of = {0: many, 1: f"one {one}"}.get(number, count(number, one, many))
    said = "number" if facts.resource == FIGURES.name else "date and status"
    yield (
        f"This report states what the ledger answers about {of} from one viewpoint: only what had been published by "
        f"{instant(basis['as_of'])} counts, and only what this ledger held at position {basis['position']} of its log. "
        f"Every {said} was stated by the publisher named beside it; the ledger estimates nothing, and converts no "
        "currency."
    )
    yield (
        "To check it, put one of the requests or commands under “Ask again” to the same ledger: at this receipt the "
        "answer is the same for ever. To check a statement, open its source, or look its event up by its id: "
        "GET /v1/events/ID gives it as it was recorded."
    )
    if not facts.subjects:
        yield f"Nothing that was asked for had been published and recorded then, so there is no {one} to report."


def _receipt(basis: Item) -> Iterator[Detail]:
    yield Detail("Published by (as_of)", basis["as_of"], code=True)
    yield Detail("Held by the ledger at (recorded_as_of)", basis["recorded_as_of"], code=True)
    yield Detail("Position recorded at", basis["recorded_at"] or NONE, code=True)
    yield Detail("True in the world at (effective_at)", basis["effective_at"], code=True)
    if basis["root"] is not None:
        yield Detail("Merkle root of the log there", basis["root"], code=True)


def _summary(sections: Iterable[Section], facts: Facts) -> Table:
    rows = []
    for section, figure in zip(sections, facts.figures, strict=True):
        answer = figure.answer
        by, on = (answer["publisher"], str(answer["published_at"])) if answer else (NONE, NONE)
        rows.append(
            Row(
                (
                    section.title,
                    section.scope,
                    section.headline,
                    facts.names.get(by, by),
                    on,
                    "yes" if answer and answer["disputed"] else "no",
                ),
                leads_to=section.anchor,
            )
        )
    kinds = {"Answer": "number", "Published": "date"}
    columns = ("Figure", "Of", "Answer", "Publisher", "Published", "Disputed")
    about = "The answer to each figure; the sections below say how it got there."
    return Table.of("Summary", about, [(name, kinds.get(name, "text")) for name in columns], rows)


def _terms(facts: Facts) -> Iterator[Detail]:
    used = {item["cause"] for one in facts.subjects for item in (*one.published, *one.answered)}
    meanings = MEANINGS if facts.resource == FIGURES.name else MEANINGS | MEANINGS_OF_THINGS
    for cause, meaning in meanings.items():
        if cause in used:
            yield Detail(CAUSES[cause], sentence(meaning))
    if any(figure.answer and figure.answer["disputed"] for figure in facts.figures):
        yield Detail("Disputed", "What publishers last said differs in value, range or symbol. It is no revision.")
    if facts.figures:
        yield Detail("Canonical", "The same quantity in the one unit in which its kind is compared, converted exactly.")


class _Section:
    """One figure in words."""

    def __init__(self, facts: Facts, figure: FigureFacts, place: int, title: str) -> None:
        self._facts, self._figure, self._names, self._title = facts, figure, facts.names, title
        self._anchor = f"figure-{place}"

    def made(self, *, charts: bool) -> Section:
        """The section."""
        key, answer = self._figure.key, self._figure.answer
        chart = self._chart() if charts else None
        return Section(
            anchor=self._anchor,
            title=self._title,
            scope=scope_of(key, self._names),
            headline=said(answer) if answer else "No answer",
            verdict=self._verdict(),
            remarks=tuple(self._remarks()),
            key=tuple(self._key()),
            answer=tuple(self._answer()),
            again=tuple(self._again()),
            charts=(chart,) if chart else (),
            no_chart="" if chart else self._no_chart(),
            vintages=vintages(self._figure, self._names),
            tables=tuple(tables_of(self._figure, self._names)),
        )

    def _name(self, slug: str) -> str:
        return self._names.get(slug, slug)

    def _verdict(self) -> str:
        answer = self._figure.answer
        if answer is not None:
            return f"{self._name(answer['publisher'])}, published {answer['published_at']}"
        last = self._figure.published[-1] if self._figure.published else None
        if last is None or last["cause"] != "withdrawal":
            return "The publisher that was asked for says nothing at this viewpoint"
        return f"{self._name(last['publisher'])} took back what it had said, on {last['published_at']}"

    def _remarks(self) -> Iterator[str]:
        answer, figure = self._figure.answer, self._figure
        publishers = len(figure.stated)
        if answer is not None and answer["disputed"]:
            unit = unit_words(answer["canonical_unit"])
            by = f" by {said({'value': answer['spread'], 'unit': unit})}" if answer["spread"] is not None else ""
            who = f"{count(publishers, 'publisher')} say something, and what they say differs"
            yield f"Disputed: {who if publishers > 1 else 'the publisher contradicts itself'}{by}."
        elif publishers > 1:
            yield f"Undisputed: {count(publishers, 'publisher')} say the same."
        elif publishers == 1:
            yield "Undisputed: one publisher says something."
        if answer is not None and answer["approximate"]:
            yield "The publisher calls its number approximate."
        if answer is not None and (end := counted_from(answer["published_at"])):
            yield f"The source prints {answer['published_at']} as its date; it counts from the end of {end}."
        if any(act["type"] == "EventCorrected" for act in figure.kept):
            yield "This ledger had taken a statement down wrongly and has corrected it; see below."

    def _key(self) -> Iterator[Detail]:
        key = self._figure.key
        yield Detail("Subject", self._with_slug(key["subject"]))
        yield Detail("Metric", key["metric"], code=True)
        if key["material"]:
            yield Detail("Material", self._with_slug(key["material"]))
        for name, value in (key["dimensions"] or {}).items():
            yield Detail(f"Dimension {name}", value, code=True)
        yield Detail("Nature", key["nature"])
        if key["period"]:
            yield Detail("Period", f"{key['period']} ({key['period_start']} to {key['period_end']})")
        yield Detail("Figure", key["figure_id"], code=True)

    def _answer(self) -> Iterator[Detail]:
        answer = self._figure.answer
        if answer is None:
            return
        yield Detail("As printed", _printed(answer), code=True)
        yield Detail("Canonical", _printed(answer, "canonical_"), code=True)
        yield Detail("Publisher", self._with_slug(answer["publisher"]))
        yield Detail("Published", answer["published_at"])
        if answer["status"]:
            yield Detail("Status", words(answer["status"]))
        yield Detail("Recorded", f"{instant(answer['recorded_at'])}, position {answer['position']}")
        said_in = [item["event"] for item in self._figure.published if item["event_id"] == answer["event_id"]]
        url = next(((event["content"] or {}).get("source", {}).get("url") for event in said_in), None)
        if url:
            yield Detail("Source", url, url=link(url))
        yield Detail("Event", answer["event_id"], code=True)

    def _again(self) -> Iterator[Detail]:
        figure_id, viewpoint = self._figure.key["figure_id"], self._facts.clocks
        chosen = {name: text for name, text in self._facts.filters.items() if name in ("publisher", "prefer")}
        asked: dict[str, str] = {"figure_id": figure_id, **chosen, **viewpoint}
        yield Detail("Request", request("figures", asked), code=True)
        yield Detail("Command", command("figures", asked), code=True)
        yield Detail("History", request(f"figures/{figure_id}/history", viewpoint), code=True)

    def _with_slug(self, slug: str) -> str:
        name = self._name(slug)
        return name if name == slug else f"{name} ({slug})"

    def _chart(self) -> Chart | None:
        items, as_of = self._figure.vintages, self._facts.basis["as_of"]
        spec = vintages_chart(items, names=self._names, until=parse_moment(as_of).end)
        if spec is None:
            return None
        listed = [f"{self._name(item['publisher'])} {_in_words(item)} from {item['vintage_date']}" for item in items]
        more = [f"and {len(listed) - DESCRIBED_MAX} more, in the table"] if len(listed) > DESCRIBED_MAX else []
        caption = (
            f"A step is what a publisher said, from its publication until it said something else, up to {day(as_of)}."
        )
        if any(_is_coarse(item["published_at"]) for item in items):
            caption += " A year or month counts from its end."
        if any(item["withdrawn"] or item["symbol"] for item in items):
            caption += " A cross is a statement without a number."
        return Chart(
            spec,
            title=f"Vintages of {self._title}",
            description="; ".join([*listed[:DESCRIBED_MAX], *more]) + ".",
            caption=caption,
        )

    def _no_chart(self) -> str:
        if len(self._figure.vintages) < 2:
            return "No chart: there is one statement only."
        return "No chart: fewer than two statements can be drawn."


def _printed(item: Mapping[str, Any], prefix: str = "") -> str:
    """A statement with its digits as they are."""
    value, low, high = (item[f"{prefix}{part}"] for part in ("value", "low", "high"))
    number = value or (f"{low or ''}..{high or ''}" if low or high else item["symbol"])
    return f"{number} {item[f'{prefix}unit']}".strip() if item[f"{prefix}unit"] else str(number)


def _in_words(item: Mapping[str, Any]) -> str:
    return "took its figure back" if item["withdrawn"] else f"said {said(item, canonical=True)}"


def _is_coarse(published: str) -> bool:
    """Whether a date of publication is coarser than a day."""
    days = parse_moment(published)
    return days.end - days.start > timedelta(days=1)
