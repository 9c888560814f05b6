"""`python -m api` is `supply-ledger`."""

from api.cli import main

main()
