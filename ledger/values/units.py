"""Units of measure, by what is printed for them: `kt` is 1000 `t`, and so are `thousand metric tons`."""

from functools import lru_cache

from ledger.errors import UnitError
from ledger.values.unit_hints import hint
from ledger.values.unit_table import Unit, known_unit


@lru_cache(maxsize=4096)
def unit(name: str) -> Unit:
    """The unit that is printed so. Raises UnitError, which says what was probably meant, and how much that is."""
    if (found := known_unit(name)) is None:
        raise UnitError(hint(name))
    return found
