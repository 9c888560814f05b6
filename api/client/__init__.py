"""The Python door: a ledger as a book that is opened, asked and written to, here or over HTTP.

A *book* is a ledger in a directory of this machine, or the same ledger behind a server: both answer alike. It is asked
at a *viewpoint*, what had been published and recorded by when, and gives *results*, which become data frames:

    import supply_ledger as sl

    with sl.open("data/") as book:
        then = book.as_of("2025-12-31")
        then.figures(subject="lynas-rare-earths").df()

Nothing heavy is imported before it is needed.
"""

from api.client.book import Book, open  # noqa: A004  so it reads as what it is: supply_ledger.open
from api.client.book_viewpoint import Viewpoint
from api.client.checked_document import CheckedDocument
from api.client.door_errors import BookError, MissingLibrary, NoLedger, NoServer, Refusal, WrongMoment
from api.client.figure_chart import Chart
from api.client.import_plan import Imported, ImportPlan
from api.client.recorded_events import Recorded
from api.client.result import Result

__all__ = [
    "Book",
    "BookError",
    "Chart",
    "CheckedDocument",
    "ImportPlan",
    "Imported",
    "MissingLibrary",
    "NoLedger",
    "NoServer",
    "Recorded",
    "Refusal",
    "Result",
    "Viewpoint",
    "WrongMoment",
    "open",
]
