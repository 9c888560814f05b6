"""The typed versions of the shipped ledger in a folder, in three buckets."""

import pytest

from projections import Engine
from projections.partitions import VersionPlace
from tests.folds import exported
from tests.ledger.segments.conftest import bucket as bucket
from tests.ledger.segments.conftest import bucket_of as bucket_of
from tests.ledger.segments.conftest import store_settings as store_settings


@pytest.fixture(scope="session")
def shipped_versions(shipped: Engine, tmp_path_factory: pytest.TempPathFactory) -> VersionPlace:
    return exported(shipped, tmp_path_factory.mktemp("versions"), buckets=3)
