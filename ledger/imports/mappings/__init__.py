"""Mapping: any table becomes events.

A mapping is a small file that says which column is which field of an event, and what its cells mean.
"""
