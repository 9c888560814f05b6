"""The ledger that comes with this, and some questions that only a ledger with three clocks can answer.

Nothing is answered from here: each row is asked of the ledger as any client would ask it, and shown with its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console

from api.cli.terminal import figure_text, text_table
from api.questions.resources import history, state
from ledger import ImportReport
from projections import CATALOGUE, Engine

Item = Mapping[str, Any]
SAMPLE = "rare_earths.jsonl"
COLUMNS = ("question", "as of", "answer", "source")


@dataclass(frozen=True)
class Question:
    """A question in words, the projection that knows, and the parameters for each viewpoint."""

    words: str
    projection: str
    filters: Mapping[str, str]
    viewpoints: Sequence[Mapping[str, str]]
    unit: str | None = None


def _mined(subject: str, period: str) -> dict[str, str]:
    """Mine production of a place."""
    return {"subject": subject, "metric": "mine_production", "material": "rare-earths", "period": period}


def _days(*days: str) -> list[dict[str, str]]:
    return [{"as_of": day} for day in days]


_USGS = {"publisher": "usgs"}
_NDPR = {"subject": "lynas-rare-earths", "metric": "production", "material": "ndpr-oxide"}
_QUOTA = {"subject": "china", "metric": "mining_quota", "period": "2023", "dimension.batch": "full_year"}
_PLANT = {"subject": "js-link-kuantan-plant", "metric": "investment"}
_WORLD_2023 = {**_mined("world", "2023"), **_USGS}

FIGURES = (
    Question("Lynas: NdPr oxide, FY2025-Q4", "figures", {**_NDPR, "period": "FY2025-Q4"}, _days("2025-12-31")),
    Question(
        "The same days as a calendar quarter, 2025-Q2", "figures", {**_NDPR, "period": "2025-Q2"}, _days("2025-12-31")
    ),
    Question("World: mine production 2023, says USGS", "figures", _WORLD_2023, _days("2024-06-30", "2025-06-30")),
    Question(
        "Australia: mine production 2024, says USGS",
        "figures",
        {**_mined("australia", "2024"), **_USGS},
        _days("2025-12-31", "2026-03-01"),
    ),
    Question(
        "Nigeria: mine production 2024, says USGS",
        "figures",
        {**_mined("nigeria", "2024"), **_USGS},
        _days("2025-12-31", "2026-03-01"),
    ),
    Question(
        "United States: mine production 2018, says USGS",
        "figures",
        {**_mined("united-states", "2018"), **_USGS},
        _days("2019-12-31", "2020-12-31", "2021-12-31"),
    ),
    Question("China: mining quota, all of 2023", "figures", _QUOTA, _days("2023-12-31", "2024-12-31")),
    Question("World: mine production 2018, whoever says", "figures", _mined("world", "2018"), _days("2026-10-31")),
    Question("Magnet plant in Kuantan: investment", "figures", _PLANT, _days("2025-12-31")),
    Question("The same in USD", "figures", _PLANT, _days("2026-11-21"), unit="USD"),
)
OVER_TIME = (
    Question(
        "JS Link and Lynas: is there an agreement?",
        "agreements",
        {"agreement": "js-link-lynas-mou"},
        _days("2025-07-23", "2025-07-24"),
    ),
    Question(
        "China's Announcement 61: what holds on 2025-12-15?",
        "policies",
        {"policy": "china-announcement-61-2025"},
        [{"as_of": day, "effective_at": "2025-12-15"} for day in ("2025-11-01", "2025-12-15")],
    ),
)


def sample_path() -> Path:
    """The file of the shipped ledger: real facts about rare earths, as events."""
    return Path(str(files("ledger") / "samples" / SAMPLE))


def loaded_line(report: ImportReport) -> str:
    """What loading the shipped ledger did."""
    if report.recorded:
        return f"Recorded {report.recorded} events of the shipped ledger; the log's head is position {report.position}."
    return f"The shipped ledger was there already ({report.duplicate} events); nothing was added."


def print_answers(engine: Engine, out: Console) -> None:
    """Ask every question and print the answers with their sources."""
    out.print(text_table("Figures", COLUMNS, *(_rows(engine, question) for question in FIGURES)))
    out.print(text_table("Why World 2023 changed", ("cause", "published", "answer", "source"), _changes(engine)))
    out.print(text_table("What holds over time", COLUMNS, *(_rows(engine, question) for question in OVER_TIME)))


def _rows(engine: Engine, question: Question) -> list[list[str]]:
    rows: list[list[str]] = []
    for viewpoint in question.viewpoints:
        items = state(engine, CATALOGUE[question.projection], {**question.filters, **viewpoint}).rows()
        answers: list[Item] = [item for item in items if question.unit in (None, item.get("canonical_unit"))]
        if not answers:
            rows.append([viewpoint["as_of"], "nothing was known", ""])
        for item in answers:
            rows.append([viewpoint["as_of"], _answer(item), _source(engine, item["event_id"])])
            if item.get("disputed"):
                rows += [["", *other] for other in _others(engine, item, viewpoint)]
    return [[question.words if index == 0 else "", *row] for index, row in enumerate(rows)]


def _answer(item: Item) -> str:
    if "symbol" in item:
        return figure_text(item)
    parties = ", ".join(party["entity"] for party in item.get("parties") or ())
    binding = {True: "binding", False: "not binding"}.get(item.get("binding"), "")  # type: ignore[arg-type]
    return "; ".join(part for part in (item["status"], binding, parties) if part)


def _others(engine: Engine, item: Item, viewpoint: Mapping[str, str]) -> list[list[str]]:
    """Other statements on a disputed figure: of other publishers, and of the same one on the same day."""
    asked = {"figure_id": item["figure_id"], "resolve": "all", **viewpoint}
    said = state(engine, CATALOGUE["figures"], asked).rows()
    said += [
        entry
        for entry in history(engine, item["figure_id"], viewpoint).rows()
        if (entry["publisher"], entry["published_at"]) == (item["publisher"], item["published_at"])
    ]
    others = {one["event_id"]: one for one in said if one["event_id"] != item["event_id"]}
    return [
        [f"{one['publisher']} says {figure_text({**one, 'disputed': False})}", _source(engine, event_id)]
        for event_id, one in others.items()
    ]


def _changes(engine: Engine) -> list[list[str]]:
    figure = state(engine, CATALOGUE["figures"], _WORLD_2023).rows()
    rows: list[list[str]] = []
    for item in (one for key in figure for one in history(engine, key["figure_id"], {"as_of": "2025-06-30"}).rows()):
        if item["publisher"] != _USGS["publisher"]:
            continue
        changed = item["change"] not in (None, "0")
        change = f" ({Decimal(item['change']):+f}, {Decimal(item['change_percent']):+f} %)" if changed else ""
        rows.append(
            [item["cause"], item["published_at"], figure_text(item) + change, _source(engine, item["event_id"])]
        )
    return rows


def _source(engine: Engine, event_id: str) -> str:
    """Who said it, where and when, from the event that decided the answer."""
    entry = engine.ledger.get(UUID(event_id))
    if entry is None:
        return ""
    source = entry.body.get("source") or {}
    parts = [source.get("publisher"), source.get("edition") or source.get("title"), source.get("locator")]
    parts.append(f"via {source['via']}" if "via" in source else None)
    parts.append("secondary" if source.get("kind") == "secondary" else None)
    parts.append(f"published {entry.body['published_at']}" if "published_at" in entry.body else None)
    reference = f" [{source['reference']}]" if "reference" in source else ""
    return ", ".join(part for part in parts if part) + reference
