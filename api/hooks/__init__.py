"""Hooks: addresses that are told of what is recorded, or of answers that have changed."""
