"""The databases that the suites run through: SQLite always, PostgreSQL where MARKETPLACE_POSTGRESQL_URL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from tests.unit.runtime import sample_service

POSTGRESQL = os.environ.get("MARKETPLACE_POSTGRESQL_URL", "")

KINDS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=pytest.mark.skipif(not POSTGRESQL, reason="MARKETPLACE_POSTGRESQL_URL names no database"),
    ),
]


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind with the stage's tables."""
    url = POSTGRESQL if request.param == "postgresql" else f"sqlite:///{tmp_path / 'sample_service.db'}"
    metadata: tuple[MetaData, ...] = (sample_service.tables, outbox.tables, inbox.tables)
    if request.param == "postgresql":
        cleared = Database(url)
        with cleared.engine.begin() as connection:
            for tables in metadata:
                tables.drop_all(connection)
        cleared.close()
    opened = sample_service.open_database(url)
    yield opened
    opened.close()
