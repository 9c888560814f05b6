"""Facilities: plants and mines from announcement to closure, one stage of the value chain at a time."""

from typing import Any, ClassVar, Literal

from ledger.events.base import Moment, Ref, Role, Timed, Transition

Stage = Literal["mine", "concentration", "separation", "metal", "alloy", "magnet", "component", "recycling"]


class _Facility(Transition, abstract=True):
    family: ClassVar[str] = "facilities"
    thing: ClassVar[str | None] = "facility"
    part: ClassVar[str | None] = "stage"

    facility: Ref
    stage: Stage | None = None
    operator: Ref | None = None
    effective_from: Moment | None = None


def _example(type_name: str, **fields: str) -> dict[str, Any]:
    return {"type": type_name, "facility": "js-link-kuantan-plant", "stage": "magnet", **fields}


class FacilityAnnounced(_Facility):
    """Someone said that a facility will be built."""

    lifecycle_role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = _example("FacilityAnnounced", operator="js-link", published_at="2025-07-24")


class ConstructionStarted(_Facility):
    """Building of a facility, or of one of its stages, began."""

    lifecycle_role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = _example(
        "ConstructionStarted", effective_from="2026-03", published_at="2026-03-15"
    )


class FacilityCommissioned(_Facility):
    """A facility, or one of its stages, began to operate."""

    lifecycle_role: ClassVar[Role] = Role.OPENS
    example: ClassVar[dict[str, Any]] = _example("FacilityCommissioned", published_at="2027-10-01")


class FacilityIdled(_Facility, Timed):
    """A facility stands still for a while, or until it is restarted."""

    lifecycle_role: ClassVar[Role] = Role.CHANGES
    example: ClassVar[dict[str, Any]] = _example(
        "FacilityIdled", effective_from="2028-01-01", published_at="2027-12-20"
    )


class FacilityRestarted(_Facility):
    """An idled facility operates again."""

    lifecycle_role: ClassVar[Role] = Role.CHANGES
    example: ClassVar[dict[str, Any]] = _example("FacilityRestarted", published_at="2028-06-01")


class FacilityClosed(_Facility):
    """A facility, or one of its stages, is closed for good."""

    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = _example("FacilityClosed", published_at="2040-01-01")


class FacilityCancelled(_Facility):
    """A facility, or one of its stages, that was announced will not be built."""

    lifecycle_role: ClassVar[Role] = Role.CLOSES
    example: ClassVar[dict[str, Any]] = _example("FacilityCancelled", published_at="2026-09-01")
