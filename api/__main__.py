"""`python -m api` is `supply-ledger`."""

from api.cli.main import main

main()
