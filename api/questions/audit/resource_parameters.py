"""Questions that can be asked of several resources: `resource=policies` says which, and so which filters there are.

The description of the API and the command line know the parameters of all of them; a request may have those of the
resource that it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.questions.audit.audit_question import SERIES_PARAMETERS, choice_of
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES
from api.questions.parameters import PAGING, Parameter, checked
from api.questions.resources import parameters_of
from projections import CATALOGUE, FIGURES, THINGS, Projection

OF_FIGURES = FIGURES.name
RESOURCES = (OF_FIGURES, *THINGS)
RESOURCE = Parameter(
    "resource",
    "What the question is about: figures, or things that hold over time.",
    schema={"type": "string", "enum": list(RESOURCES), "default": OF_FIGURES},
)
NOT_OF_SPEAKERS = ("status", "publisher", "prefer", "disputed")
"""Filters of things that mean something else, or nothing, where a question is about whoever speaks of them."""
PUBLISHER = next(one for one in SERIES_PARAMETERS if one.name == "publisher")


def resource_of(parameters: Mapping[str, str]) -> str:
    """The resource that a request is about. Raises Problem."""
    return choice_of(dict(parameters), RESOURCE.name, RESOURCES)


def keys_of(resource: Projection) -> tuple[str, ...]:
    """The columns that name an item of a resource."""
    return tuple(column for column in resource.order if column not in resource.hidden)


def thing_filters(resource: str, *, besides: Iterable[str] = ()) -> tuple[Parameter, ...]:
    """The filters of a resource of things."""
    left_out = (*VIEWPOINT_NAMES, *NOT_FILTERS, *besides)
    return tuple(one for one in parameters_of(CATALOGUE[resource]) if one.name not in left_out)


def with_things(
    of_figures: Sequence[Parameter], of_things: Sequence[Parameter] = (), *, besides: Iterable[str] = ()
) -> tuple[Parameter, ...]:
    """The parameters of a question about figures, and what things take besides: own parameters, and filters."""
    known = {one.name: one for one in (RESOURCE, *of_figures)}
    taken: dict[str, list[str]] = {}
    described: dict[str, Parameter] = {}
    for resource in THINGS:
        for one in thing_filters(resource, besides=besides):
            taken.setdefault(one.name, []).append(resource)
            described[one.name] = _either(described[one.name], one) if one.name in described else one
    for name, resources in taken.items():
        if name in known:
            known[name] = _either(known[name], described[name])
        else:
            of = ", ".join(resources)
            # An example would stand alone, and without `resource` the parameter is refused.
            known[name] = replace(described[name], description=f"Of {of}: {described[name].description}", example=None)
    known |= {one.name: one for one in of_things}
    paging = [known.pop(one.name) for one in PAGING]
    return (*known.values(), *paging)


def check_taken(
    parameters: Mapping[str, str],
    of_figures: Iterable[Parameter],
    of_things: Iterable[Parameter],
    *,
    besides: Iterable[str] = (),
) -> str:
    """The resource that a request is about, once it has no parameter that this does not take. Raises Problem.

    `of_figures` are all that a question about figures takes, `of_things` what one about things does besides filters,
    `besides` are filters that it does not take.
    """
    resource = resource_of(parameters)
    known = of_figures if resource == OF_FIGURES else (*of_things, *thing_filters(resource, besides=besides), *PAGING)
    checked(parameters.items(), [RESOURCE, *known])
    return resource


def _either(one: Parameter, other: Parameter) -> Parameter:
    """The parameter of a name that two resources have: the first, with the values of both."""
    schema: dict[str, Any] = dict(one.schema)
    if one.schema != other.schema:
        schema = {"type": "string"}
        if "enum" in one.schema and "enum" in other.schema:
            schema["enum"] = list(dict.fromkeys((*one.schema["enum"], *other.schema["enum"])))
    return replace(one, schema=schema, several=one.several or other.several, example=one.example or other.example)
