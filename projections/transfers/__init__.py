"""Transfers: the file of tables in a place, so that a server begins with it, and not with the log.

- `table_manifest`: what tables lie in a place, piece by piece, and the ledger's signature under that;
- `table_export`: the file is put into a place, and the next time what has changed of it;
- `table_supply`: what a place offers to a ledger, verified, and brought into a file again;
- `warm_start`: when tables that lack much are exchanged for those of a place.
"""

from projections.transfers.table_export import TableExport, drop_outdated_tables, export_tables, workshop
from projections.transfers.table_manifest import TableManifest, TablesRefused
from projections.transfers.table_supply import TableSupply
from projections.transfers.warm_start import WarmStart

__all__ = [
    "TableExport",
    "TableManifest",
    "TableSupply",
    "TablesRefused",
    "WarmStart",
    "drop_outdated_tables",
    "export_tables",
    "workshop",
]
