"""What an address and the environment say together: which store it is, whose account, and with which key."""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from ledger import PlaceError
from ledger.segments import storage_place
from ledger.segments.store_addresses import AzureAccount, azure_account
from tests.object_store import KEY

Bucket = Callable[[str], str]
CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of stores."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "CLOUD_STORAGE_", "STORAGE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)


def settings(address: str) -> dict[str, object]:
    """What the file system of an address was made with."""
    made: dict[str, object] = storage_place(address).filesystem.__reduce__()[1][0]
    return {name: value for name, value in made.items() if value}


@pytest.mark.parametrize(
    ("connection", "account"),
    [
        (
            f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY};EndpointSuffix=core.windows.net",
            AzureAccount("a", KEY, "", "https", ".blob.core.windows.net"),
        ),
        (f"AccountName=a;AccountKey={KEY}", AzureAccount("a", KEY, "", "https", ".blob.core.windows.net")),
        (
            "BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D",
            AzureAccount("a", "", "sv=1&sig=x%3D", "https", ".blob.core.windows.net"),
        ),
        (
            f"BlobEndpoint=http://localhost:10000/a;AccountKey={KEY};",
            AzureAccount("a", KEY, "", "http", "localhost:10000"),
        ),
    ],
)
def test_a_connection_string_says_the_account_its_key_and_where_it_is(connection: str, account: AzureAccount) -> None:
    assert azure_account({CONNECTION: connection, "AZURE_STORAGE_KEY": "of no account"}) == account


def test_an_emulator_of_azure_is_that_of_every_machine() -> None:
    account = azure_account({CONNECTION: "UseDevelopmentStorage=true"})
    assert (account.name, account.scheme, account.authority) == ("devstoreaccount1", "http", "127.0.0.1:10000")


def test_an_account_of_azure_is_named_one_by_one() -> None:
    assert azure_account({}) == AzureAccount()
    assert azure_account({"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_KEY": KEY}) == AzureAccount("a", KEY)
    others = {"AZURE_STORAGE_ACCOUNT_NAME": "a", "AZURE_STORAGE_ACCOUNT_KEY": KEY, "AZURE_STORAGE_SAS_TOKEN": "sig=x"}
    assert azure_account(others) == AzureAccount("a", KEY, "sig=x")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (CONNECTION, "nothing of the kind", f"{CONNECTION} names no account"),
        (
            CONNECTION,
            "AccountName=a;AccountKey=none!",
            "the key of the account of Azure in the environment is not in base",
        ),
        ("AZURE_STORAGE_KEY", "abc", "the key of the account of Azure in the environment is not in base64"),
    ],
)
def test_settings_that_cannot_be_are_told(name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PlaceError, match=told):
        storage_place("abfs://box@a.dfs.core.windows.net/ledger")


def test_a_key_goes_to_no_other_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a")
    own = settings("abfs://box@a.dfs.core.windows.net/ledger")
    assert (own["account_name"], own["account_key"]) == ("a", KEY)
    assert (own["blob_storage_authority"], own["dfs_storage_scheme"]) == ("127.0.0.1:1", "http")
    for other in ("abfs://box@b.dfs.core.windows.net/x", "abfs://b@box/x", "abfs://b.blob.core.windows.net/box/x"):
        said = settings(other)
        assert said["account_name"] == "b"
        assert "account_key" not in said
        assert said["blob_storage_authority"] == ".blob.core.windows.net"


def test_what_an_address_says_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/a")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    said = settings("abfs://box@a.dfs.core.windows.net/x?credential_kind=anonymous")
    assert "account_key" not in said
    assert said["blob_storage_authority"] == ".blob.core.windows.net"
    said = settings("gs://anonymous@box/x?endpoint_override=127.0.0.1:2&scheme=https&retry_limit_seconds=9")
    assert (said["endpoint_override"], said["scheme"]) == ("127.0.0.1:2", "https")


@pytest.mark.parametrize("name", ["STORAGE_EMULATOR_HOST", "CLOUD_STORAGE_EMULATOR_ENDPOINT"])
@pytest.mark.parametrize("said", ["127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1/"])
def test_an_emulator_of_google_is_found_without_a_credential(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, said)
    made = settings("gs://box/x")
    assert (made["endpoint_override"], made["scheme"], made["anonymous"]) == ("127.0.0.1:1", "http", True)


def test_no_account_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlaceError, match=r"abfs://box names no account: write .*, or set AZURE_STORAGE_ACCOUNT or"):
        storage_place("abfs://box/ledger")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "a")
    assert settings("abfs://box/ledger")["account_name"] == "a"


def test_every_form_of_an_address_of_azure_names_the_same_place(bucket_of: Bucket) -> None:
    box = bucket_of("abfs").removeprefix("abfs://")
    storage_place(f"abfs://{box}/a b/c").write("x", b"1")
    for address in (f"{box}@tests.dfs.core.windows.net", f"tests.blob.core.windows.net/{box}", f"tests@{box}", box):
        for scheme in ("abfs", "abfss"):
            assert storage_place(f"{scheme}://{address}/a%20b/c").read("x", bytes_max=9) == b"1"


def test_a_token_of_azure_writes_and_reads(bucket_of: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    address = bucket_of("abfs")
    endpoint = os.environ[CONNECTION].partition("BlobEndpoint=")[2]
    fields = {
        "sp": "rwdlc",
        "ss": "b",
        "srt": "sco",
        "se": "2099-01-01T00:00:00Z",
        "spr": "https,http",
        "sv": "2021-12-02",
    }
    signed = "\n".join(["tests", "rwdlc", "b", "sco", "", fields["se"], "", fields["spr"], fields["sv"], "", ""])
    fields["sig"] = b64encode(hmac.digest(b64decode(KEY), signed.encode(), "sha256")).decode()
    monkeypatch.setenv(CONNECTION, f"BlobEndpoint={endpoint};SharedAccessSignature={urlencode(fields)}")
    place = storage_place(f"{address}/ledger")
    for content in (b"before", b"after"):
        place.write("x", content)
        assert place.read("x", bytes_max=9) == content
    place.delete("x")
    assert place.sizes() == {}
