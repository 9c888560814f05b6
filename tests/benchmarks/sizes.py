"""How many bytes an event takes on disk."""

from tests.benchmarks import library
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, once
from tests.benchmarks.place import Place

PATH = "bytes on disk"
UNIT = "bytes/event"


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """The log, the projection, and what else there is; after they were closed, so checkpointed."""
    parts = {name: size / place.events for name, size in place.sizes().items()}
    references = (
        Reference("the same facts in SQLite, indexed by hand", once(place.by_hand.stat().st_size / place.events)),
        Reference(
            f"eventsourcing's store and view ({library.SAMPLE:,} events)",
            once(library.rates(place)["bytes_per_event"]),
        ),
        Reference("the generated file", once(place.history.stat().st_size / place.events)),
    )
    together = parts["log"] + parts["projection"]
    return [
        Measurement(PATH, "log and projection", UNIT, once(together), references, at_most=600),
        *(Measurement(PATH, name, UNIT, once(size)) for name, size in parts.items()),
    ]
