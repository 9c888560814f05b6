"""Assistants: the questions of the ledger as tools of the Model Context Protocol, for programs with a language model.

A tool answers what the same question answers over HTTP, in fewer columns, with what it rests on and whom to cite.
"""
