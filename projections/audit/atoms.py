"""Atoms: exact decimals of tables as whole numbers of 10^-18, which Python adds and compares sooner than decimals.

18 decimals are what canonical values have (`DECIMAL(38, 18)`).
"""

import sys

import numpy as np
import pyarrow as pa

DECIMALS = 18
ATOMS = 10**DECIMALS
"""The atoms that make 1."""


def atoms_of(column: pa.Array) -> list[int]:
    """The values of a column of canonical values, in atoms: those that are there."""
    known = column.drop_null()
    if not len(known):
        return []
    words = np.frombuffer(known.buffers()[1], dtype=np.uint64)[2 * known.offset : 2 * (known.offset + len(known))]
    low, high = (words[0::2], words[1::2]) if sys.byteorder == "little" else (words[1::2], words[0::2])
    return [above << 64 | below for above, below in zip(high.view(np.int64).tolist(), low.tolist(), strict=True)]
