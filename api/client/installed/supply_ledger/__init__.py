"""The ledger from Python, under the name that it is installed with; all of it is in `api.client`.

import supply_ledger as sl

book = sl.open("data/")
book.as_of("2025-12-31").figures(subject="lynas-rare-earths").df()
"""

from api.client import *  # noqa: F403  the public names are said once, there
from api.client import __all__ as __all__
