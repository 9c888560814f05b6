"""Object stores that all tests of one process share, each test in a bucket of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from uuid import uuid4

import pytest

from tests.object_store import KINDS, make_bucket, need_object_store, object_store


@pytest.fixture(scope="session")
def store_settings() -> Iterator[Callable[[str], dict[str, str]]]:
    """The environment in which the object store of a kind is found; it is started when it is first asked for."""
    with ExitStack() as started:

        @cache
        def settings(kind: str) -> dict[str, str]:
            need_object_store(kind)
            return started.enter_context(object_store(kind))

        yield settings


@pytest.fixture
def bucket_of(store_settings: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a bucket in the store of a kind, and gives its address."""

    def made(kind: str) -> str:
        for name, value in store_settings(kind).items():
            monkeypatch.setenv(name, value)
        return make_bucket(f"bucket-{uuid4().hex}", kind)

    return made


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, bucket_of: Callable[[str], str]) -> Callable[[], str]:
    """Makes a bucket, and gives its address: in every store."""
    return lambda: bucket_of(request.param)
