"""How much a file of events may hold, so that no file takes more time or memory than its size lets one expect.

What bounds the work on one row or one column is fixed, and far beyond what events need. What bounds whole files may be
chosen (`ImportLimits`), since it depends on the machine.
"""

from dataclasses import dataclass

from ledger.errors import ContentTooLarge

FILE_COLUMNS_MAX = 1000
COLUMN_NAME_LENGTH_MAX = 200
HEADER_LENGTH_MAX = 256 * 1024
"""How long the header of a CSV may be, in characters."""
ROW_VALUES_MAX = 10_000
"""How many values a row may have, those in lists and objects included."""
UNPACKED_TIMES_MAX = 1000
UNPACKED_BYTES_MIN = 256 * 1024 * 1024
"""A Parquet file may unpack to so many times its size; a small one to this much."""


PACKED_TIMES_MAX = 200
PACKED_BYTES_MIN = 64 * 1024 * 1024
"""The same for a file in gzip or zip: text of tables packs to a tenth, and repeated rows to a hundredth."""


class TooLarge(ValueError):
    """A row or a file holds more than is read."""


@dataclass(frozen=True)
class ImportLimits:
    """Limits on one file."""

    file_bytes: int = 16 * 1024**3
    """How many bytes it may have, unpacked."""
    held_bytes: int = 1024**3
    """How many bytes of checked rows may wait in memory, where all are recorded or none."""

    def unpacked_bytes(self, size: int) -> int:
        """How many bytes a packed file of this size may hold."""
        return min(self.file_bytes, max(UNPACKED_BYTES_MIN, UNPACKED_TIMES_MAX * size))

    def packed_bytes(self, size: int) -> int:
        """How many bytes may be in a gzip or zip of this size."""
        return min(self.file_bytes, max(PACKED_BYTES_MIN, PACKED_TIMES_MAX * size))

    def check_file(self, size: int) -> None:
        """Raises ContentTooLarge for a file that is larger."""
        if size > self.file_bytes:
            raise ContentTooLarge(
                f"the file has {size} bytes, and at most {self.file_bytes} are taken; send it in several parts"
            )

    def check_held(self, size: int) -> None:
        """Raises ContentTooLarge where more would wait in memory."""
        if size > self.held_bytes:
            raise ContentTooLarge(
                f"the checked rows take more than {self.held_bytes} bytes, which must wait in memory where all are "
                "recorded or none; send the file in several parts, or in the mode `proceed`"
            )


USUAL_LIMITS = ImportLimits()
