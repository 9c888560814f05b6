"""Checks of documents: what is still true of the numbers in them."""

from api.questions.document_check.check_items import ITEM_COLUMNS
from api.questions.document_check.check_question import (
    CHECK_FORMATS,
    DOCUMENT,
    DOCUMENT_TYPE,
    EXAMPLE_CLAIMS,
    EXAMPLE_TEXT,
    PARAMETERS,
    WRITTEN,
    Checked,
    check_of_document,
    form_asked,
)
from api.questions.document_check.claim_verdict import Judgement, Misquote, Verdict
from api.questions.document_check.document_check import CheckedClaim, DocumentCheck, checked_document
from api.questions.document_check.sent_documents import DOCUMENT_FORMS, TABLE_FORMS, form_of_name, form_of_type

__all__ = [
    "CHECK_FORMATS",
    "DOCUMENT",
    "DOCUMENT_FORMS",
    "DOCUMENT_TYPE",
    "EXAMPLE_CLAIMS",
    "EXAMPLE_TEXT",
    "ITEM_COLUMNS",
    "PARAMETERS",
    "TABLE_FORMS",
    "WRITTEN",
    "Checked",
    "CheckedClaim",
    "DocumentCheck",
    "Judgement",
    "Misquote",
    "Verdict",
    "check_of_document",
    "checked_document",
    "form_asked",
    "form_of_name",
    "form_of_type",
]
