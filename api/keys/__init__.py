"""Keys: who may read a ledger over a network, who may append to it, and under which name."""
