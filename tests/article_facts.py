"""How the facts of the two articles are held: `python -m tests.article_facts` prints it, system by system.

A *system* is what an analyst asks for as a whole: how a memorandum comes about, what a plant can make, which risks are
named. A fact is *typed* where events of its own types hold all of it, *text* where a part of it is only a sentence (a
`StatementRecorded`), and *missing* where no event refers to it. What is printed is counted from the shipped ledger; the
table of facts says which system each belongs to, and as what it is expected to be held.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.cli.demo import sample_path
from tests.places import DATA

TABLE = DATA / "article_facts.csv"
TEXT = "StatementRecorded"
MOST_TEXTS = 20
"""How many facts may stay sentences."""
KINDS = ("typed", "text", "missing")


@dataclass(frozen=True)
class ArticleFact:
    """A fact, the system that it belongs to, and the types of the events that are to hold it."""

    fact_id: str
    system: str
    held_as: Sequence[str]


def article_facts() -> list[ArticleFact]:
    """All facts of the articles."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [ArticleFact(row["fact_id"], row["system"], row["held_as"].split(";")) for row in rows]


def types_by_reference() -> dict[str, list[str]]:
    """The types of the events of the shipped ledger that refer to each fact, each once, in order."""
    found: dict[str, list[str]] = {}
    for line in sample_path().read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        types = found.setdefault((event.get("source") or {}).get("reference", ""), [])
        if event["type"] not in types:
            types.append(event["type"])
    return found


def kind_of(fact: ArticleFact, types: Mapping[str, Sequence[str]]) -> str:
    """How a fact is held: one of `KINDS`."""
    held = types.get(fact.fact_id, ())
    return "missing" if not held else "text" if TEXT in held else "typed"


def counted() -> dict[str, Counter[str]]:
    """How many facts of each system are held in each way."""
    types, counts = types_by_reference(), dict[str, Counter[str]]()
    for fact in article_facts():
        counts.setdefault(fact.system, Counter())[kind_of(fact, types)] += 1
    return dict(sorted(counts.items()))


def main() -> None:
    """Print the counts."""
    counts = counted()
    total: Counter[str] = sum(counts.values(), Counter())
    for name, row in {"system": None, **counts, "all": total}.items():
        cells = KINDS if row is None else [str(row[kind]) for kind in KINDS]
        print(f"{name.replace('_', ' '):36}" + "".join(f"{cell:>9}" for cell in cells))


if __name__ == "__main__":
    main()
