"""An object store that all tests of one process share, each in a bucket of its own."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.object_store import make_bucket, need_object_store, object_store


@pytest.fixture(scope="session")
def store_settings() -> Iterator[dict[str, str]]:
    """The environment in which the object store is found."""
    need_object_store()
    with object_store() as settings:
        yield settings


@pytest.fixture
def bucket(store_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Makes a bucket, and gives its address."""
    for name, value in store_settings.items():
        monkeypatch.setenv(name, value)

    def made() -> str:
        name = f"bucket-{uuid4().hex}"
        make_bucket(name)
        return f"s3://{name}"

    return made
