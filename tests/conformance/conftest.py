"""The suites of this folder run on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from tests.conformance.kafkas import BROKERS, Kafka, begin_kafka
from tests.databases import each_database as each_database
from tests.databases import empty_database
from tests.unit.runtime import sample_service


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with the tables of the sample service and of the runtime."""
    with empty_database(file=tmp_path / "sample_service.db") as opened:
        opened.create(sample_service.tables, outbox.tables, inbox.tables)
        yield opened


@pytest.fixture(scope="module", params=BROKERS)
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that the tests of a module share."""
    with begin_kafka(request.param, tmp_path_factory.mktemp("kafka")) as running:
        yield running
