"""Addresses of stores, and the settings of their environment: what they make together is a file system of pyarrow.

Amazon's and Google's own libraries read their environment, but for an emulator of Google's store; Azure's reads who may
enter, and neither the account nor a key of it. So here the names are read that other programs of these stores know:

    STORAGE_EMULATOR_HOST, CLOUD_STORAGE_EMULATOR_ENDPOINT    where an emulator of Google's store is; nobody signs in
    AZURE_STORAGE_CONNECTION_STRING    the account, its key or token, and where it is, if that is not Azure's cloud
    AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN    the same one by one
    AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY    other names of the first two

What an address says in its query counts before them; one of Azure that has a query says all itself. A key or token is
used for the account that they name alone.
"""

import os
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from ledger.errors import PlaceError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

SCHEMES = {"file": "file", "s3": "s3", "gs": "gs", "gcs": "gs", "abfs": "abfs", "abfss": "abfs"}
"""The kinds of addresses that are known, each with the name that pyarrow knows it by."""
RETRY_SECONDS = 3
"""How long Google's library tries again, about as long as the others; without a word a quarter of an hour."""
CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
_DEVELOPMENT = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""What `UseDevelopmentStorage=true` stands for: the account that every emulator has, whose key everybody knows."""


class AzureAccount(NamedTuple):
    """An account of Azure, as the environment names it; empty where it says nothing.

    `authority` is the host and port of its blobs, or, with a dot in front, what follows the account's name there.
    """

    name: str = ""
    key: str = ""
    token: str = ""
    scheme: str = ""
    authority: str = ""

    def filesystem(self, account: str) -> "FileSystem":
        """The file system of an account with these settings. Raises PlaceError, and what pyarrow raises."""
        from pyarrow.fs import AzureFileSystem

        try:
            b64decode(self.key, validate=True)
        except ValueError:  # at which Azure's library would end the process
            raise PlaceError("the key of the account of Azure in the environment is not in base64") from None
        return AzureFileSystem(
            account,
            # A token is for less than the key is, and pyarrow takes one of them.
            account_key=None if self.token else self.key or None,
            sas_token=f"?{self.token.removeprefix('?')}" if self.token else None,
            blob_storage_authority=self.authority or None,
            blob_storage_scheme=self.scheme or None,
            dfs_storage_authority=self.authority.replace(".blob.", ".dfs.", 1) or None,
            dfs_storage_scheme=self.scheme or None,
        )


def azure_account(environment: Mapping[str, str]) -> AzureAccount:
    """The account that an environment names. Raises PlaceError where its connection string is none."""

    def said(*names: str) -> str:
        return next((environment[name] for name in names if environment.get(name)), "")

    if connection := said(CONNECTION_STRING):
        return _connected(connection)
    return AzureAccount(
        said("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"),
        said("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"),
        said("AZURE_STORAGE_SAS_TOKEN"),
    )


def store_filesystem(location: str, scheme: str) -> tuple["FileSystem", str]:
    """The file system of an address of a known scheme, and the path in it.

    Raises PlaceError, and what pyarrow raises: OSError, ArrowException, ValueError.
    """
    from pyarrow.fs import FileSystem

    rest = location.partition("://")[2]
    match scheme:
        case "gs":
            return FileSystem.from_uri(f"gs://{_google(rest)}")  # type: ignore[no-any-return]
        case "abfs" if "?" not in rest and (found := _azure(rest)) is not None:
            return found
    return FileSystem.from_uri(f"{scheme}://{rest}")  # type: ignore[no-any-return]


def _google(rest: str) -> str:
    """The rest of an address with what is to be said to Google's library."""
    bucket, _, query = rest.partition("?")
    said = [query] if query else []
    if "retry_limit_seconds=" not in query:
        said.append(f"retry_limit_seconds={RETRY_SECONDS}")
    emulator = os.environ.get("STORAGE_EMULATOR_HOST") or os.environ.get("CLOUD_STORAGE_EMULATOR_ENDPOINT")
    if emulator and "endpoint_override=" not in query:
        at = urlsplit(emulator if "://" in emulator else f"http://{emulator}")
        said += [f"scheme={at.scheme}", f"endpoint_override={at.netloc}"]
        bucket = bucket if "@" in bucket.partition("/")[0] else f"anonymous@{bucket}"
    return f"{bucket}?{'&'.join(said)}"


def _azure(rest: str) -> tuple["FileSystem", str] | None:
    """The file system of an address that says no setting; None where the environment says nothing of its account."""
    authority, _, path = unquote(rest).partition("/")
    user, _, host = authority.rpartition("@")
    account = host.partition(".")[0]
    if ".blob." in host and not user:
        root = path
    elif ".dfs." in host and user:
        root = f"{user}/{path}"
    elif not re.search(r"[.:]", authority):
        account, root = user, f"{host}/{path}"
    else:
        return None
    known = azure_account(os.environ)
    account = account or known.name
    if not account:
        raise PlaceError(
            f"abfs://{authority} names no account: write abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER, or set "
            f"AZURE_STORAGE_ACCOUNT or {CONNECTION_STRING}"
        )
    if known.name not in ("", account):
        known = AzureAccount()
    return known.filesystem(account), root


def _connected(connection: str) -> AzureAccount:
    """What a connection string says. Raises PlaceError."""
    if re.search(r"(^|;)\s*UseDevelopmentStorage=true", connection, re.IGNORECASE):
        connection = _DEVELOPMENT
    said = dict(part.strip().partition("=")[::2] for part in connection.split(";") if part.strip())
    scheme = said.get("DefaultEndpointsProtocol", "https")
    endpoint = urlsplit(said.get("BlobEndpoint", ""))
    name = said.get("AccountName") or endpoint.path.strip("/") or (endpoint.hostname or "").partition(".")[0]
    if not name:
        raise PlaceError(f"{CONNECTION_STRING} names no account: it has AccountName=…, and AccountKey=… or a token")
    authority = endpoint.netloc
    if authority.startswith(f"{name}."):
        authority = authority.removeprefix(name)
    elif not authority:
        authority = f".blob.{said.get('EndpointSuffix', 'core.windows.net')}"
    return AzureAccount(
        name, said.get("AccountKey", ""), said.get("SharedAccessSignature", ""), endpoint.scheme or scheme, authority
    )
