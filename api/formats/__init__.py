"""Formats: items as a page of JSON, or all of them as a file, and which of these a client wants."""
