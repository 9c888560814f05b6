"""A small ledger to ask with the words that people type: names, aliases, former names, several at once."""

from typing import Any

from tests.api.helpers import country, mined, organisation


def named(entity: dict[str, Any], name: str, *aliases: str, **fields: Any) -> dict[str, Any]:
    """A registration under another name than its slug, with aliases."""
    return {**entity, "name": name, **({"aliases": list(aliases)} if aliases else {}), **fields}


WORDS = (
    named(organisation("usgs"), "U.S. Geological Survey", "Geological Survey"),
    named(organisation("bgs"), "British Geological Survey", "Geological Survey"),
    organisation("wire"),
    named(organisation("lynas"), "Lynas", identifiers={"ticker": "LYC"}, fiscal_year_end="06-30"),
    named(country("myanmar"), "Burma", "Birma"),
    named(country("china"), "China", "PRC", identifiers={"iso3166": "CN"}),
    country("world"),
    named({"type": "EntityRegistered", "entity": "ndpr-oxide", "kind": "material"}, "NdPr oxide"),
    mined("myanmar", "38000", "2024-01-31"),
    mined("myanmar", "41000", "2024-02-15", publisher="bgs"),
    mined("china", "240", "2024-01-31", unit="kt"),
    mined("china", "255000", "2024-03-31", dimensions={"grade": "Nd, Pr"}),
    mined("china", "270000", "2025-01-31", period="2024"),
    mined("lynas", "1359", "2024-10-31", metric="export_volume", material="ndpr-oxide", period="FY2024-Q4"),
    {"type": "EntityRenamed", "entity": "myanmar", "name": "Myanmar", "published_at": "2024-06-18"},
    {"type": "EntityRenamed", "entity": "lynas", "name": "Kestrel", "published_at": "2024-06-18"},
    {"type": "EntityAliasAdded", "entity": "bgs", "alias": "Keyworth"},
)
