"""What every event has: the envelope, the source, and a place in the registry.

An event type is one class. Defining it is all there is to adding it: the class enters the registry by its name, and the
API's schema, the importer's columns and the DuckDB table of its family are made from its fields.

A class says of itself, in class attributes:

- `family`: the table its events go to;
- `thing`: the field whose slug names what the event is about, and so its stream (`None` for figures, whose stream is
  the figure, and for ledger events, which belong to their target's stream);
- `lifecycle_role`: what it does to that thing (see `Role`);
- `part`: the field that names the part of that thing which is meant, where there are parts;
- `example`: a body a client could post.
"""

from collections.abc import Iterator
from enum import Enum
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, get_args, get_origin
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ledger.errors import CalendarError, QuantityError
from ledger.values.calendars import parse_moment
from ledger.values.quantities import printed
from ledger.values.slugs import SLUG_PATTERN

REGISTRY: dict[str, type["Event"]] = {}
"""Every event type by its name, in order of definition. The names are the topics of the log."""


EventClass: TypeAlias = "type[Event]"
"""The class of an event type."""


class Role(Enum):
    """What an event does to the thing it names."""

    OPENS = "opens"
    """Makes the thing known, or known again in another form."""
    CHANGES = "changes"
    """Needs a thing that was opened: an amendment, a suspension, an idling."""
    CLOSES = "closes"
    """Ends the thing, or the part of it that is named; what takes effect later is recorded, with a warning."""
    STATES = "states"
    """Says something and opens or closes nothing."""


class _Ref:
    """Marks a slug that must name a registered entity."""


@lru_cache(maxsize=65536)
def _moment(text: str) -> str:
    try:
        parse_moment(text)
    except CalendarError as error:
        raise PydanticCustomError("moment", "{detail}", {"detail": str(error)}) from None
    return text


def _number(value: Any) -> str:
    """A decimal as text: a string as printed, or a JSON number read from its text (never a float)."""
    if isinstance(value, bool) or (not isinstance(value, str | int) and type(value).__name__ != "Decimal"):
        raise PydanticCustomError("decimal", "a decimal is a JSON string or number, not {kind}", {"kind": _kind(value)})
    try:
        return printed(str(value))
    except QuantityError as error:
        raise PydanticCustomError("decimal", "{detail}", {"detail": str(error)}) from None


def _kind(value: Any) -> str:
    return {dict: "an object", list: "an array", bool: "a boolean", type(None): "null", float: "a float"}.get(
        type(value), type(value).__name__
    )


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("text", "text must not hold the character U+0000")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_no_nul)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Ref = Annotated[str, StringConstraints(pattern=SLUG_PATTERN), _Ref()]
Moment = Annotated[str, AfterValidator(_moment), Field(examples=["2025-10-27"], json_schema_extra={"x-moment": True})]
Number = Annotated[str, BeforeValidator(_number, json_schema_input_type=str | int | float), Field(examples=["2080"])]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**53)]
"""A whole number that every JSON parser reads exactly."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_moment)]


class Part(BaseModel):
    """A piece of an event: no unknown fields, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Part):
    """Where a fact was read, and who says it."""

    publisher: Ref | None = Field(None, description="Slug of the organisation that says so.")
    via: Text | None = Field(None, description="Who passed it on.")
    kind: Literal["primary", "secondary"] | None = Field(
        None,
        description="`primary` (the default): the publisher produces the figure or did the thing; `secondary`: "
        "it repeats under its own name what others produce.",
    )
    title: Text | None = None
    url: Text | None = None
    edition: Text | None = None
    locator: Text | None = Field(None, description="Page, table or heading.")
    reference: Text | None = Field(None, description="Its identifier in the source, or in the collection it came from.")
    retrieved_on: Day | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Origin(Part):
    """The ledger that an event came from: where it stood there, and since when."""

    ledger: Text | None = Field(None, description="The identity of that ledger.")
    position: Annotated[int, Field(strict=True, ge=1, le=2**53)]
    recorded_at: Moment
    recorded_by: Text | None = None


class Event(Part):
    """Base of all events: the envelope as a client may send it."""

    model_config = ConfigDict(defer_build=True)  # Who only reads needs no validator, and who writes needs one or two.

    family: ClassVar[str]
    thing: ClassVar[str | None] = None
    lifecycle_role: ClassVar[Role] = Role.STATES
    part: ClassVar[str | None] = None
    """The field that names a part of the thing, which has a life of its own: a facility's stage."""
    whole: ClassVar[bool] = False
    """Whether the thing has a state of its own beside those of its parts: a policy beside its provisions."""
    in_part: ClassVar[tuple[str, ...]] = ()
    """For an ending: the fields that say how much of the thing is ended, which then goes on."""
    known_by: ClassVar[tuple[str, ...]] = ()
    """The fields that together say which thing it is, where `thing` alone does not."""
    example: ClassVar[dict[str, Any]]
    amends: ClassVar[type["Event"] | None] = None
    """For an amendment: the type whose fields its `changes` may name."""
    version: ClassVar[int] = 1
    appended: ClassVar[bool] = True
    """False for what the ledger records itself, and takes from nobody."""
    known_at_once: ClassVar[bool] = False
    """True for this ledger's own bookkeeping, which `as_of` never cuts."""

    event_id: UUID | None = Field(
        None,
        exclude=True,
        description="Chosen by the client, it is the event's idempotency key for ever; else the ledger makes one.",
    )
    published_at: Moment | None = Field(
        None, description="When anyone could have known: a year, a month, a day or an instant. Default: when recorded."
    )
    source: Source | None = None
    note: Text | None = None
    origin: Origin | None = Field(None, description="For an event that was exported from another ledger.")
    expected_version: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        None,
        exclude=True,
        description="How many events the stream holds; the append is refused if it moved. Not recorded.",
    )

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        """Takes `abstract=True` for a class that is a base and no event type."""
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not abstract:
            if cls.__name__ in REGISTRY and REGISTRY[cls.__name__].__module__ != cls.__module__:
                raise TypeError(f"the event type {cls.__name__} is defined twice")
            REGISTRY[cls.__name__] = cls

    @property
    def type_name(self) -> str:
        """The name of the event's type."""
        return type(self).__name__

    @classmethod
    def ends(cls, body: dict[str, Any]) -> bool:
        """Whether an event of this type with this body ends its thing, or the part that it names."""
        return cls.lifecycle_role is Role.CLOSES and not any(name in body for name in cls.in_part)

    @classmethod
    def amendable(cls) -> list[str]:
        """The fields that an amendment may change: all of its own but those that say which thing and part is meant."""
        return [
            name
            for name in cls.model_fields
            if name not in Transition.model_fields and name not in (cls.thing, cls.part)
        ]

    @classmethod
    def upcast(cls, body: dict[str, Any], *, version: int) -> dict[str, Any]:
        """A stored body of an older version, as this version would have written it."""
        raise NotImplementedError(f"{cls.__name__} has no version {version}")

    @classmethod
    def named_within(cls, body: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The entities that a body of this type names inside of other texts: the path of the text, and the slug."""
        yield from ()

    def body(self) -> dict[str, Any]:
        """The event as it is kept: what was sent, decimals as text, without event_id and expected_version."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class Transition(Event, abstract=True):
    """An event about something that holds over time: it states one transition of it, such as its beginning."""

    restates: UUID | None = Field(
        None, description="The event_id of the earlier event, of the same type and thing, that this one says anew."
    )


class Timed(Transition, abstract=True):
    """An event that says from when until when something holds."""

    effective_from: Moment | None = Field(None, description="When it takes effect: the start of the interval.")
    effective_to: Moment | None = Field(None, description="Until when it holds: the end of the interval, included.")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        first, last = self.effective_from, self.effective_to
        if first and last and parse_moment(last).end < parse_moment(first).start:
            raise PydanticCustomError(
                "interval_order",
                "effective_to {last} is before effective_from {first}",
                {"first": first, "last": last, "field": "effective_to"},
            )
        return self


@cache
def ref_paths(cls: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """The paths of all fields that must name registered entities; `*` stands for each item of a list."""
    paths: list[tuple[str, ...]] = []
    for name, field in cls.model_fields.items():
        if any(isinstance(mark, _Ref) for mark in field.metadata):
            paths.append((name,))
        else:
            paths.extend((name, *rest) for rest in _ref_paths_in(field.annotation))
    return tuple(paths)


def _ref_paths_in(annotation: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from ref_paths(annotation)
    elif get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        if any(isinstance(mark, _Ref) for mark in marks):
            yield ()
        else:
            yield from _ref_paths_in(inner)
    elif get_origin(annotation) is list:
        yield from (("*", *rest) for rest in _ref_paths_in(get_args(annotation)[0]))
    else:
        for option in get_args(annotation):
            yield from _ref_paths_in(option)


def refs(cls: type[Event], body: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every reference to an entity in a body, those in an amendment's changes included: its path and its slug."""
    for path in ref_paths(cls):
        yield from _walk(body, path, ())
    if cls.amends is not None:
        for path in ref_paths(cls.amends):
            yield from _walk(body.get("changes"), path, ("changes",))
    yield from cls.named_within(body)


_Path = tuple[str | int, ...]


def _walk(value: Any, path: tuple[str, ...], done: _Path) -> Iterator[tuple[_Path, str]]:
    if not path:
        if isinstance(value, str):
            yield done, value
    elif path[0] == "*":
        for index, item in enumerate(value or ()):
            yield from _walk(item, path[1:], (*done, index))
    elif isinstance(value, dict) and value.get(path[0]) is not None:
        yield from _walk(value[path[0]], path[1:], (*done, path[0]))
