"""Revisions: how figures changed after they were first published, of which kind, and how far they are to be trusted."""
