"""Quietness: whether whoever runs a command wants its results and errors alone."""

from contextvars import ContextVar

QUIET = ContextVar("quiet", default=False)
