"""A lexicon: what a ledger has figures of, and what all that is called. The reader of documents is given one.

A *series* is a row of figures that differ in their periods only: a subject, a metric, perhaps a material, dimensions,
and a canonical unit. A document is read for the names of entities first; the lexicon then has the series of the
subjects that it names, and no others.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from api.documents.spoken_names import NameIndex, folded_word, words_of
from ledger.values import Period

PLACES = ("country", "region")
"""The kinds of entities that have many materials: theirs must be named."""
CODE = "iso_3166:"
"""What a label begins with that is the code of a country."""
PLANTS = ("plant", "facility", "factory", "mine", "refinery")
"""What a plant is called where it is named by its parts."""
ENTITY, METRIC, MATERIAL, DIMENSION, OTHER = "entity", "metric", "material", "dimension", "other"


class Label(NamedTuple):
    """Something that an entity is called."""

    entity: str
    kind: str
    label: str


class Meaning(NamedTuple):
    """What a name may mean: an entity, or one of some metrics or materials, or the value of a dimension."""

    kind: str
    values: frozenset[str]


@dataclass(frozen=True)
class Series:
    """Figures that differ in their periods only; `figures` are their ids by period, where they have any."""

    subject: str
    metric: str
    material: str | None
    dimensions: Mapping[str, str]
    nature: str
    canonical_unit: str
    figures: Mapping[Period | None, str] = field(hash=False)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other series."""
        dimensions = ",".join(f"{name}={value}" for name, value in sorted(self.dimensions.items()))
        return self.subject, self.metric, self.material or "", dimensions, self.nature, self.canonical_unit


class Row(NamedTuple):
    """A figure as a lexicon is made of it."""

    figure_id: str
    subject: str
    metric: str
    material: str | None
    dimensions: Mapping[str, str]
    nature: str
    canonical_unit: str
    start: date | None
    end: date | None
    publishers: Sequence[str]


class Lexicon:
    """The series of some subjects, and the names of all that they are made of."""

    def __init__(self, labels: Iterable[Label], rows: Iterable[Row], fiscal_years: Mapping[str, str | None]) -> None:
        self.fiscal_years = fiscal_years
        self.kinds: dict[str, str] = {}
        self._labels = defaultdict[str, list[str]](list)
        for one in labels:
            self.kinds[one.entity] = one.kind
            self._labels[one.entity].append(one.label)
        self.by_subject = defaultdict[str, list[Series]](list)
        self.publishers: set[str] = set()
        for one_series in self._series(rows):
            self.by_subject[one_series.subject].append(one_series)
        self.names = self._names()
        self.plants = [one for entity, kind in self.kinds.items() if kind == "facility" for one in self._plant(entity)]

    def _series(self, rows: Iterable[Row]) -> Iterable[Series]:
        found: dict[tuple[object, ...], tuple[Row, dict[Period | None, str]]] = {}
        for row in rows:
            self.publishers.update(row.publishers)
            key = (*row[1:4], tuple(sorted(row.dimensions.items())), row.nature, row.canonical_unit)
            period = None if row.start is None or row.end is None else Period(row.start, row.end)
            found.setdefault(key, (row, {}))[1][period] = row.figure_id
        for row, figures in found.values():
            yield Series(*row[1:7], figures)

    def _names(self) -> NameIndex[Meaning]:
        names = entity_names(self.kinds, self._labels)
        every = [one for series in self.by_subject.values() for one in series]
        metrics = {one.metric for one in every}
        for metric in metrics:
            names.add(metric.replace("_", " "), Meaning(METRIC, frozenset([metric])))
        for words, meant in metric_words():
            names.add(words, Meaning(METRIC, meant & metrics or meant))
        for words, material_slugs in self._short_materials({one.material for one in every if one.material}).items():
            names.add(words, Meaning(MATERIAL, frozenset(material_slugs)))
        values = {value for one in every for value in one.dimensions.values()}
        for value in values:
            for words in dimension_words(value):
                names.add(words, Meaning(DIMENSION, frozenset([value])))
        known = {label for called in self._labels.values() for label in called}
        for code, called in demonyms():
            if f"{CODE}{code}" not in known:
                for words in called:
                    names.add(words, Meaning(ENTITY, frozenset([f"?{code}"])))
        for goods in other_goods():
            names.add(goods, Meaning(OTHER, frozenset([goods])))
        return names

    def _plant(self, entity: str) -> Iterable[tuple[str, frozenset[str], frozenset[str]]]:
        """What must be named, and one of the words beside it, where a plant is named by its parts."""
        if entity in self.by_subject:
            for label in self._labels[entity]:
                words = re.findall(r"\w+", re.sub(r"\(.*?\)", "", label))
                needed = frozenset(one for one in words if one[0].isupper())
                common = frozenset(PLANTS) if any(one in PLANTS for one in words) else frozenset[str]()
                if needed and common and len(needed) > 1:
                    yield entity, needed, common

    def _short_materials(self, materials: Iterable[str]) -> dict[str, list[str]]:
        """The last words of materials' names: `concentrate`, `magnets`."""
        short = defaultdict[str, list[str]](list)
        for material in sorted(materials):
            last = words_of(self._labels[material][1] if len(self._labels[material]) > 1 else material)[-1].folded
            if last not in ("oxide", "earth", "compound", "metal", "list"):
                short[last].append(material)
        return short

    def named_wider(self, material: str, wider: str) -> bool:
        """Whether a material's name holds all the words of another's: rare-earth concentrate, those of rare earths."""
        return any(
            {word.folded for word in words_of(label)} >= {folded_word(one) for one in wider.split("-")}
            for label in (material, *self._labels[material])
        )


def entity_names(kinds: Mapping[str, str], labels: Mapping[str, Sequence[str]]) -> NameIndex[Meaning]:
    """The names of entities, what those of countries are called, and slugs."""
    names = NameIndex[Meaning]()
    nations = dict(demonyms())
    for entity, called in labels.items():
        meaning = Meaning(ENTITY, frozenset([entity]))
        for label in called:
            if label.startswith(CODE):
                for words in nations.get(label.removeprefix(CODE), ()):
                    names.add(words, meaning)
            elif "(" in label and kinds[entity] != "facility":
                names.add(label, meaning)
                names.add(re.sub(r"\(.*?\)", "", label), meaning)
            else:
                names.add(label, meaning)
        if kinds[entity] == "region" and "World" in called:
            for words in ("global", "worldwide", "globally"):
                names.add(words, meaning)
    return names


@cache
def _rows_of(name: str) -> list[dict[str, str]]:
    text = files("api.documents").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def metric_words() -> list[tuple[str, frozenset[str]]]:
    """What metrics are called besides their names."""
    return [(row["words"], frozenset(row["metrics"].split())) for row in _rows_of("metric_words.csv")]


def dimension_words(value: str) -> list[str]:
    """What the value of a dimension is called."""
    return [
        value.replace("_", " "),
        *(row["words"] for row in _rows_of("dimension_words.csv") if row["value"] == value),
    ]


def demonyms() -> Iterable[tuple[str, list[str]]]:
    """What belongs to a country is called, by the country's code."""
    found = defaultdict[str, list[str]](list)
    for row in _rows_of("demonyms.csv"):
        found[row["iso_3166"]].append(row["words"])
    return found.items()


@cache
def other_goods() -> tuple[str, ...]:
    """Goods that a number may be of where the ledger's material is not meant."""
    return tuple(files("api.documents").joinpath("other_goods.txt").read_text(encoding="utf-8").split())
