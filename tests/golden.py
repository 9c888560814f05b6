"""Golden bytes: what each type of event stores, as files that are kept for ever. `make golden` writes missing ones.

A file that is there is never written again: a type that would store other bytes needs a new version.
"""

from pathlib import Path

from ledger import REGISTRY, parse_event
from ledger.codec.stored_json import state_of
from tests.places import STORED


def golden_file(name: str, version: int) -> Path:
    """The file of the bytes that a version of a type stores."""
    return STORED / f"{name}.v{version}.json"


def stored_example(name: str) -> bytes:
    """The bytes that the present version of a type stores of its example."""
    return state_of(parse_event(REGISTRY[name].example))


def main() -> None:
    """Write the files that are missing, and say which."""
    for name, cls in REGISTRY.items():
        path = golden_file(name, cls.version)
        if not path.exists():
            path.write_bytes(stored_example(name))
            print(f"wrote tests/data/stored/{path.name}; commit it, and keep it for ever")


if __name__ == "__main__":
    main()
