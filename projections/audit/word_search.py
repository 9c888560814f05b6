"""Word search: what somebody means who types a few words and knows no slug.

`china quota 2023` finds the series of China's quotas and the figure of 2023 in it, `who owns mp materials` the company.
Words that are a period choose figures; each of the others is looked for at the beginnings of the words that things are
called by. What is called by most of the words comes first, of these what says most: figures, series, things, entities.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ledger import CalendarError
from ledger.values import Period, parse_period
from projections.audit.findings import Findings, Item
from projections.catalogue import CATALOGUE
from projections.queries.compose import question
from projections.queries.reader import Reader
from projections.sql_text import quoted, sections

WORDS_MAX = 8
FOUND_MAX = 50
FIGURES_MAX = 3
"""Of a series so many figures of the period that was asked for are told one by one."""
_STOP_WORDS = frozenset(
    "a an and are by did do does for from had has have how in is it its of on or own owned owns s the their to was "
    "were what when where which who whom whose why with".split()
)
_KINDS = ("figure", "entity", "policy", "agreement", "facility", "commitment", "link", "risk", "series")
"""In this order, where they are called by as many of the words."""
_TITLES = {"policies": "title", "agreements": "title", "risks": "description"}
"""Columns that say in words what a thing is."""
_MORE = {
    "policies": ("kind", "jurisdiction"),
    "facilities": ("stage", "operator"),
    "links": ("supplier", "consumer", "material"),
    "commitments": ("kind", "by", "to"),
    "risks": ("category", "subject"),
}
"""Columns whose words things are called by, besides their slugs."""
_WORD = re.compile(r"[\w-]+")


def word_search(reader: Reader, text: str) -> Findings:
    """What a few words find, best first: FOUND_MAX items at most.

    An item has its `kind`, a `slug` or a `figure_id` by which it is asked for, a `title`, and for series and figures
    `subject`, `metric`, `material`, `period` and the number of `figures`; `words` is by how many it was found.
    """
    words, period = _read(text)
    if not words:
        return Findings([], _summary(words, period))
    items = sorted([*_series(reader, words, period), *_things(reader, words), *_entities(reader, words)], key=_turn)
    best = max((item["words"] for item in items), default=0)
    # Who types four words, of which all are found together, does not mean what has one of them.
    near = [item for item in items if item["words"] >= min(best, (best + 1) // 2 + 1)]
    return Findings(near[:FOUND_MAX], _summary(words, period))


def _summary(words: list[str], period: tuple[str, Period] | None) -> dict[str, Any]:
    return {"summary": {"words": words, "period": None if period is None else period[0]}}


def _read(text: str) -> tuple[list[str], tuple[str, Period] | None]:
    """The words in a text, folded, and the last period in it."""
    words, period = [], None
    for one in _WORD.findall(text):
        if (found := _period(one.upper())) is not None:
            period = (one.upper(), found)
        else:
            words += re.split(r"[-_]+", _folded(one))
    telling = [*dict.fromkeys(_begun(one) for one in words if one and one not in _STOP_WORDS)]
    return telling[:WORDS_MAX], period


def _period(text: str) -> Period | None:
    if not text[:4].isdigit():
        return None
    try:
        return parse_period(text)
    except CalendarError:
        return None


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _begun(word: str) -> str:
    """The beginning by which a word is looked for: `quotas` finds `quota`."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _in_words(parts: Iterable[str]) -> str:
    return ", ".join(str(part).replace("_", " ") for part in parts)


def _turn(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return (-item["words"], _KINDS.index(item["kind"]), -(item["figures"] or item["statements"] or 0), item["title"])


def _item(kind: str, words: int, title: str, **fields: Any) -> Item:
    names = ("slug", "figure_id", "subject", "metric", "material", "period", "figures", "statements", "detail")
    return {"kind": kind, "title": title, **dict.fromkeys(names), **fields, "words": words}


def _series(reader: Reader, words: list[str], period: tuple[str, Period] | None) -> Iterator[Item]:
    days = {"start": None, "end": None} if period is None else {"start": period[1].start, "end": period[1].end}
    rows = reader.ask(_text("series", named=_named(reader)), words=words, **days)
    for subject, metric, material, name, of_what, figures, of_period, found in rows:
        about = {"subject": subject, "metric": metric, "material": material, "figures": figures}
        title = ", ".join(filter(None, [name, metric.replace("_", " "), of_what]))
        if period is not None:
            for figure in of_period:
                apart = [*json.loads(figure["dimensions"] or "{}").values(), figure["nature"]]
                more = {"figure_id": figure["figure_id"], "period": period[0], "detail": _in_words(apart)}
                yield _item("figure", found + 1, title, **about, **more)
        yield _item("series", found, title, **about)


def _things(reader: Reader, words: list[str]) -> Iterator[Item]:
    for name, projection in CATALOGUE.items():
        if projection.slug is None or projection.family != name or name in ("entities", "statements", "relationships"):
            continue
        more = ", ".join(f"MAX({quoted(column)})" for column in _MORE.get(name, ())) or "NULL"
        text = _text("things", family=name, slug=quoted(projection.slug), title=_TITLES.get(name, "NULL"), more=more)
        for slug, title, found in reader.ask(text, words=words):
            yield _item(projection.slug, found, title or slug, slug=slug)


def _entities(reader: Reader, words: list[str]) -> Iterator[Item]:
    text = _text("entities", named=_named(reader))
    for slug, title, kind, statements, found in reader.ask(text, words=words):
        yield _item("entity", found, title or slug, slug=slug, detail=kind, statements=statements)


def _named(reader: Reader) -> str:
    """The query for what entities are called at the viewpoint."""
    return sections("audit/word_search.sql")["named"].format(called=question("called", reader.families))


_FOUND = "LEN(LIST_FILTER($words, lambda word: CONTAINS(called, ' ' || word)))"


@cache
def _text(name: str, **parts: str) -> str:
    texts = sections("audit/word_search.sql")
    return texts[name].format(found=_FOUND, most=FOUND_MAX, figures_most=FIGURES_MAX, **parts)
