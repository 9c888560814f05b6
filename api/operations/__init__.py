"""Operating a ledger: what whoever runs it has to know, and what is done about it regularly."""
