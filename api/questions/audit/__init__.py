"""The audit's questions, one module each: its parameters, and the page that answers it.

A module here has a `QUESTION`, an `AuditQuestion`, and by `ORDER` its place among the others. It is found by itself:
the endpoint `/v1/<name>`, the command, the export formats and the description of the API follow.
"""

import sys

from api.discovery import modules_of
from api.questions.audit.audit_question import AuditQuestion

__all__ = ["AUDIT_QUESTIONS", "AuditQuestion"]


def found_questions() -> tuple[AuditQuestion, ...]:
    """The questions of all modules here, in their order."""
    modules = modules_of(sys.modules[__name__])
    return tuple(module.QUESTION for module in modules if hasattr(module, "QUESTION"))


AUDIT_QUESTIONS = found_questions()
