"""What the audit finds about a figure: how it was revised, where sources differ, and whether totals add up."""

from collections.abc import Iterator, Mapping
from typing import Any

from api.reports.phrases import CAUSES, NONE, count, grouped, percent, said, signed, unit_words, words
from api.reports.report_facts import FigureFacts, Item
from api.reports.report_parts import Detail, Row, Table

Names = Mapping[str, str]
VERDICTS = {
    "equal": "equal",
    "rounding": "within rounding",
    "perhaps_rounding": "perhaps rounding",
    "gap": "gap",
    "incomplete": "incomplete",
}


def statistics(figure: FigureFacts, names: Names) -> Table:
    """How far off the first figure of each publisher was, and when it settled."""
    columns = ("Publisher", "First", "Latest", "Total change", "In %", "Range", "Statements", "Revisions", "Settled")
    kinds = dict.fromkeys(columns[1:-1], "number")
    rows = [
        Row(
            (
                names.get(item["publisher"], item["publisher"]),
                _number(item["first"]),
                _number(item["latest"]),
                signed(item["total_change"]) or NONE,
                percent(item["total_change_percent"]) or NONE,
                _number(item["range"]),
                grouped(str(item["statements"])),
                grouped(str(item["revisions"])),
                _settled(item),
            ),
            tuple(_statistics_details(item)),
        )
        for item in figure.statistics
    ]
    about = "Of each publisher's own statements, in "
    about += f"{unit_words(figure.key['canonical_unit'])}. A figure has settled when it stays within 1 % of the latest."
    return Table.of("Statistics", about, [(name, kinds.get(name, "text")) for name in columns], rows)


def _settled(item: Item) -> str:
    if item["settled"] is None:
        return "too early to say" if item["censored"] else NONE
    if not item["settled"]:
        return "not yet"
    days = item["settled_after_days"]
    return "from the first" if days == 0 else f"after {count(days, 'day')}"


def _statistics_details(item: Item) -> Iterator[Detail]:
    other = ("confirmations", "conflicts", "withdrawals", "republications")
    counted = [count(item[name], name.removesuffix("s")) for name in other if item[name]]
    if counted:
        yield Detail("Also", ", ".join(counted))
    if item["kinds"]:
        yield Detail("Kinds of change", ", ".join(f"{number} {words(kind)}" for kind, number in item["kinds"].items()))
    if item["announced"] or item["silent"]:
        yield Detail("Changes announced", f"{item['announced']} of {item['announced'] + item['silent']}")
    if item["total_change"] is None:
        yield Detail("No total change", item["reasons"]["total_change"])


def disputes(figure: FigureFacts, names: Names) -> Table:
    """The stretches of time in which publishers differed."""
    columns = (
        ("Since", "date"),
        ("Until", "date"),
        ("Days", "number"),
        ("Spread", "number"),
        ("Spread in %", "number"),
        "Between",
    )
    rows = [
        Row(
            (
                item["since"],
                item["until"] or "open",
                grouped(str(item["days"])),
                grouped(item["spread"]) if item["spread"] is not None else NONE,
                percent(item["spread_percent"]).lstrip("+") or NONE,
                _between(item, names),
            ),
            tuple(_dispute_details(item, names)),
            stands=item["status"] == "open",
        )
        for item in figure.disputes
    ]
    about = (
        "Stretches of time in which what had been published contradicted itself. The spread is the highest less the "
    )
    about += f"lowest number, in {unit_words(figure.key['canonical_unit'])}; in %, of the median."
    return Table.of("Disputes", about, columns, rows)


def sums(figure: FigureFacts, names: Names) -> Table:
    """The figure as a total, beside its parts as the same publisher states them."""
    columns = ("Publisher", "Parts", ("Total", "number"), ("Sum", "number"), ("Gap", "number"), "Verdict")
    rows = [
        Row(
            (
                names.get(item["publisher"], item["publisher"]),
                f"by {words(item['dimension'] or item['by'])}",
                _number(item["total"]),
                _number(item["parts_sum"]),
                _number(item["gap"]) if item["verdict"] != "incomplete" else "",
                VERDICTS[item["verdict"]],
            ),
            tuple(_parts(item, names)),
        )
        for item in figure.sums
    ]
    about = "The total beside the sum of its declared parts, both as the publisher last states them, in "
    about += (
        f"{unit_words(figure.key['canonical_unit'])}. The sum of what is incomplete is over the parts that there are."
    )
    return Table.of("Does it add up", about, columns, rows)


def _parts(item: Item, names: Names) -> Iterator[Detail]:
    called = names if item["by"] == "subject" else {}
    parts = [f"{called.get(part['part'], words(part['part']))} {grouped(part['value'])}" for part in item["parts"]]
    yield Detail("Parts", "; ".join(parts) or NONE)
    named = [(called.get(part["part"], words(part["part"])), part["says"]) for part in item["missing"]]
    silent = [name for name, says in named if says is None]
    if silent:
        yield Detail("Nothing said of", "; ".join(silent))
    for name, says in named:
        if says is not None:
            yield Detail("No number for", f"{name}: {words(says)}")
    if item["verdict"] not in ("incomplete", "equal"):
        yield Detail("Rounding", f"explains {_number(item['rounding'])}, at most {_number(item['rounding_at_most'])}")


def _number(text: str | None) -> str:
    return NONE if text is None else grouped(text)


def _between(item: Item, names: Names) -> str:
    slugs = list(dict.fromkeys(part["publisher"] for part in item["publishers"]))
    return "; ".join(names.get(slug, slug) for slug in slugs)


def _dispute_details(item: Item, names: Names) -> Iterator[Detail]:
    verb = "Says" if item["status"] == "open" else "Said"
    for part in item["publishers"]:
        yield Detail(verb, f"{names.get(part['publisher'], part['publisher'])}: {said(part)} ({part['published_at']})")
    yield Detail("Begun by", _turn(item["began_by"], names))
    if item["ended_by"]:
        yield Detail("Ended by", _turn(item["ended_by"], names))


def _turn(event: Mapping[str, Any], names: Names) -> str:
    publisher = names.get(event["publisher"], event["publisher"])
    return f"{CAUSES[event['cause']].lower()} of {publisher}, position {event['position']}"
