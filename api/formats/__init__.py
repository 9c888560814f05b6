"""Formats: a page of items as JSON, JSON Lines, CSV, Parquet, Arrow or Excel, and which of them a client wants."""
