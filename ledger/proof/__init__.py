"""Proof that nobody touched the log: a Merkle tree over it, and what can be shown with that."""
