"""The version of the software that is running."""

DISTRIBUTION = "supply-ledger"


def installed_version() -> str:
    """The version of the installed distribution; 0 where there is none, in a bare checkout."""
    from importlib.metadata import PackageNotFoundError, version  # which imports a parser of e-mail

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0"
