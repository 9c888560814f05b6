"""Questions: what can be asked of the ledger, as data and functions; the server and the command line both ask here."""
