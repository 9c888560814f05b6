"""Provenance: what an answer is made of, in the words of the W3C (PROV)."""
