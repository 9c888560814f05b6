"""The figures in the terms of SDMX, the standard of statistics offices: what its tools ask, as questions of the ledger.

A figure is an observation. What tells figures apart are the dimensions, what is said of one beside its number are the
attributes, and a viewpoint is `asOf`. Everything is read by the questions of `api.questions`.
"""
