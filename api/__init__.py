"""The doors to the ledger: HTTP and the command line. Both ask the same questions through `api.questions.page`."""
