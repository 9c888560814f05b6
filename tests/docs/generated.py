"""The tables in the READMEs that follow from the code.

`python -m tests.docs.generated --write` brings them up to date. A document has a place for each, between two comments:
`<!-- generated: event types -->` and `<!-- end of generated -->`. A test says which place is not what the code makes of
it.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from api.app import create_app
from api.questions.parameters import PAGING, VIEWPOINT
from api.settings import documentation
from ledger import Ledger
from ledger.events import REGISTRY, Event
from ledger.events.base import Transition, ref_paths
from ledger.events.figures import Figure
from ledger.values import PLAIN_UNITS, PRICED, RATE_TIMES, RATED, SCALED, SCALES, UNIT_NAMES
from projections import CATALOGUE, THINGS, Engine
from tests.places import ROOT

PLACE = re.compile(r"(<!-- generated: ([a-z ]+) -->\n)(.*?)(<!-- end of generated -->)", re.DOTALL)
T = TypeVar("T")
COMMON = {*Transition.model_fields}
TIMES = ("effective_from", "effective_to")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def fact(cls: type[Event]) -> str:
    """What a type of event says: its docstring on one line."""
    return " ".join((cls.__doc__ or "").split())


def own_fields(cls: type[Event]) -> str:
    """The fields of a type besides the envelope: `?` where one may be absent, *ref* where it names an entity."""
    named = {path[0] for path in ref_paths(cls)}
    fields = sorted(cls.model_fields.items(), key=lambda item: item[0] in TIMES)
    return ", ".join(
        f"`{name}{'' if field.is_required() else '?'}`{' *ref*' if name in named else ''}"
        for name, field in fields
        if name not in COMMON
    )


def types_of_event() -> list[type[Event]]:
    """Every type that the project defines, family by family; tests define others."""
    known = (cls for cls in REGISTRY.values() if cls.__module__.startswith("ledger."))
    return sorted(known, key=lambda cls: cls.family)


def event_types() -> str:
    """Every type of event: first those with fields of their own, then those about figures, which share theirs."""
    types = types_of_event()
    others = [cls for cls in types if not issubclass(cls, Figure)]
    firsts = [
        cls for before, cls in zip([None, *others], others, strict=False) if not before or before.family != cls.family
    ]
    rows = [[cls.family if cls in firsts else "", f"`{cls.__name__}`", fact(cls), own_fields(cls)] for cls in others]
    figures = [
        [f"`{cls.__name__}`", fact(cls), f"`{cls.default_metric}`" if cls.default_metric else "", cls.default_nature]
        for cls in types
        if issubclass(cls, Figure)
    ]
    return (
        table(["family", "type", "says", "own fields"], rows)
        + "\nOf the family *figures*, whose fields are in section 4:\n\n"
        + table(["type", "says", "default metric", "default nature"], figures)
        + "\nFields that take one of a few values:\n\n"
        + table(["family", "field", "values"], choices(types))
    )


def choices(types: Iterable[type[Event]]) -> Iterator[list[str]]:
    """The fields of families that take one of a few values, and which."""
    seen = set()
    for cls in types:
        for name, field in cls.model_fields.items():
            values = next((get_args(one) for one in _options(field.annotation) if get_origin(one) is Literal), ())
            if values and (cls.family, name) not in seen:
                seen.add((cls.family, name))
                yield [cls.family, f"`{name}`", codes(values)]


def _options(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *get_args(annotation))


def units() -> str:
    """The units by family and canonical unit, with what else is printed for them."""
    named: dict[tuple[str, str], list[str]] = {}
    for one in PLAIN_UNITS.values():
        named.setdefault((one.family, "itself" if one.family == "count" else one.canonical), []).append(one.name)
    scales, families = codes(SCALES), f"{', '.join(RATED[:-1])} and {RATED[-1]}"
    made = [
        ["money", "the code", "`USD`, and any other code of ISO 4217"],
        [f"rates of {families}", "`t/yr`, `t/month` …", f"`kt/yr`: any of these per {codes(RATE_TIMES)}"],
        [
            f"prices per {', '.join(PRICED[:-1])} and {PRICED[-1]}",
            "`USD/kg`, `USD/m3` …; `USD/lb`, `USD/short_ton`, `USD/troy_ounce` … stay",
            "`USD/t`, `million CNY/kt`: money per any of these",
        ],
        [f"{', '.join(SCALED)}", "", f"also with {scales} before it: `million USD`, `thousand t`"],
    ]
    also = {one.name: [other.printed for other in UNIT_NAMES if other.unit == one.name] for one in PLAIN_UNITS.values()}
    return (
        table(
            ["family", "canonical unit", "units"],
            [
                *(
                    [family, canonical if canonical == "itself" else f"`{canonical}`", codes(names)]
                    for (family, canonical), names in named.items()
                ),
                *made,
            ],
        )
        + "\nWhat else is printed for them and understood, names in any case:\n\n"
        + table(["unit", "also"], [[f"`{name}`", codes(others)] for name, others in also.items() if others])
    )


def codes(names: Iterable[str]) -> str:
    """Names as code, with commas between."""
    return ", ".join(f"`{name}`" for name in names)


@cache
def described() -> Any:
    """What the server says of itself (OpenAPI), over an empty ledger."""
    with closing(Ledger(":memory:")) as ledger, closing(Engine(ledger)) as engine:
        return create_app(engine).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every endpoint: method, path, and what is said of it."""
    for path, methods in described()["paths"].items():
        for method, said in methods.items():
            yield method.upper(), path, said


def endpoints() -> str:
    """The endpoints and what they are for. What is under one slug is the same everywhere, so it has one line."""
    rows = {
        (method, re.sub(r"/v1/[a-z]+/\{slug\}", "/v1/RESOURCE/{slug}", path)): said["summary"]
        for method, path, said in operations()
    }
    return table(["endpoint", ""], ([f"`{method} {path}`", summary] for (method, path), summary in rows.items()))


def parameter_row(said: dict[str, Any]) -> list[str]:
    """A query parameter: its name, and what it means with its values and default."""
    schema = said["schema"].get("items", said["schema"])
    bounds = [f"{schema['minimum']} to {schema['maximum']:,}"] if "maximum" in schema else []
    values = [codes(schema["enum"])] if "enum" in schema else bounds
    default = [f"default `{schema['default']}`"] if "default" in schema else []
    more = f" ({'; '.join([*values, *default])})" if values or default else ""
    required = " (required)" if said["required"] else ""
    return [f"`{said['name']}`{required}", said["description"].rstrip(".") + more]


def query_of(path: str) -> list[dict[str, Any]]:
    """The query parameters of a read."""
    return [one for one in described()["paths"][path]["get"].get("parameters", []) if one["in"] == "query"]


def read_parameters() -> str:
    """What every read takes."""
    common = {parameter.name for parameter in (*VIEWPOINT, *PAGING)}
    return table(["parameter", ""], (parameter_row(one) for one in query_of("/v1/figures") if one["name"] in common))


def filters() -> str:
    """The filters of every resource, and of the log."""
    common = {parameter.name for parameter in (*VIEWPOINT, *PAGING)}
    rows = [
        [f"`/v1/{name}`" if first else "", *parameter_row(one)]
        for name in (*CATALOGUE, "events")
        for first, one in firsts(one for one in query_of(f"/v1/{name}") if one["name"] not in common)
    ]
    return table(["resource", "filter", ""], rows)


OF_SOME = tuple(f"Of {name}" for name in THINGS)
"""How a filter is described that only some resources have; the filters of each have a table of their own."""


def audit_questions() -> str:
    """The questions of the audit, and the parameters that only they have."""
    of_figures = {one["name"] for one in query_of("/v1/figures")} - {"unit"}  # of shares it means something else
    rows = []
    for _, path, said in operations():
        if said.get("tags") != ["audit"] or path == "/v1/report":
            continue
        own = [one for one in query_of(path) if one["name"] not in of_figures or one["required"]]
        shared = {one["name"] for one in query_of(path)} - {one["name"] for one in own}
        of_things = [one for one in own if one["description"].startswith(OF_SOME)]
        own = [one for one in own if one not in of_things]
        rows.append([f"`{path}`", f"**{said['summary']}**"])
        rows += [["", f"{name}: {text}"] for name, text in map(parameter_row, own)]
        rows.append(["", f"and {shared_with_figures(shared)}{'; with `resource` its filters' if of_things else ''}"])
    return table(["question", "parameters"], rows)


def shared_with_figures(names: set[str]) -> str:
    """The parameters that a question shares with the reads of figures, group by group."""
    filters = [one.name.replace("*", "NAME") for one in CATALOGUE["figures"].filters]
    taken, left = [one for one in filters if one in names], [one for one in filters if one not in names]
    groups = []
    if len(taken) > len(left):
        groups.append(f"the filters of `/v1/figures`{f' (not {codes(left)})' if left else ''}")
    elif taken:
        groups.append(codes(taken))
    for group, called in ((VIEWPOINT, "the viewpoint"), (PAGING, "the page")):
        of_group = [one.name for one in group if one.name in names]
        if of_group:
            groups.append(called if len(of_group) == len(group) else codes(of_group))
    return "; ".join(groups)


def items() -> str:
    """The fields of the items of every resource, and of histories."""
    schemas = described()["components"]["schemas"]
    names = {f"`/v1/{name}`": name.capitalize() for name in CATALOGUE} | {
        f"history, `clock={clock}`": f"{clock.capitalize()}History" for clock in ("publication", "ledger")
    }
    return table(["items of", "fields"], ([name, codes(schemas[kind]["properties"])] for name, kind in names.items()))


def settings() -> str:
    """What may be set in the environment."""
    rows = (
        [f"`{variable}`", f"`{default}`" if default else "none", text] for _, variable, default, text in documentation()
    )
    return table(["variable", "default", ""], rows)


def firsts(values: Iterable[T]) -> Iterator[tuple[bool, T]]:
    """Each value, and whether it is the first."""
    return ((number == 0, value) for number, value in enumerate(values))


PLACES: dict[str, dict[str, Callable[[], str]]] = {
    "ledger/README.md": {"event types": event_types, "units": units},
    "api/README.md": {
        "endpoints": endpoints,
        "parameters of reads": read_parameters,
        "filters": filters,
        "items": items,
        "audit questions": audit_questions,
        "settings": settings,
    },
}
"""Document -> name of a place in it -> what stands there."""


def brought_up_to_date(document: str) -> str:
    """The text of a document with every generated part made anew."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return PLACE.sub(lambda place: f"{place[1]}\n{PLACES[document][place[2]]()}\n{place[4]}", text)


def main(arguments: Sequence[str]) -> int:
    """Say which documents are not up to date, or with `--write` bring them there."""
    stale = [name for name in PLACES if brought_up_to_date(name) != (ROOT / name).read_text(encoding="utf-8")]
    for name in stale:
        print(name)
        if "--write" in arguments:
            (ROOT / name).write_text(brought_up_to_date(name), encoding="utf-8")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
