"""Documents that are checked: what they are read as, by fixed rules and without a ledger, and how they come back."""

from api.documents.claims import Claim, Each, Place, Unread, UnreadNumber
from api.documents.document_claims import document_claims
from api.documents.html_passages import html_passages
from api.documents.lexicon import Label, Lexicon, Row, Series, entity_names
from api.documents.markdown_passages import markdown_passages
from api.documents.marked_text import Remark, marked_html, marked_markdown, marked_plain
from api.documents.passages import Block, Heading, LineStarts, Paragraph, Run, TableBlock
from api.documents.printed_numbers import PrintedNumber, printed_numbers
from api.documents.series_choice import kind_of
from api.documents.table_claims import Cell, Grid, is_amount, table_claims

__all__ = [
    "Block",
    "Cell",
    "Claim",
    "Each",
    "Grid",
    "Heading",
    "Label",
    "Lexicon",
    "LineStarts",
    "Paragraph",
    "Place",
    "PrintedNumber",
    "Remark",
    "Row",
    "Run",
    "Series",
    "TableBlock",
    "Unread",
    "UnreadNumber",
    "document_claims",
    "entity_names",
    "html_passages",
    "is_amount",
    "kind_of",
    "markdown_passages",
    "marked_html",
    "marked_markdown",
    "marked_plain",
    "printed_numbers",
    "table_claims",
]
