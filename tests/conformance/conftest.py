"""The databases that the suites run through: SQLite always, PostgreSQL where MARKETPLACE_POSTGRESQL_URL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from services_stub.runtime import inbox, outbox
from services_stub.runtime.database import Database
from tests.unit.runtime import stage

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
    url = POSTGRESQL if request.param == "postgresql" else f"sqlite:///{tmp_path / 'stage.db'}"
    metadata: tuple[MetaData, ...] = (stage.tables, outbox.tables, inbox.tables)
    if request.param == "postgresql":
        cleared = Database(url)
        with cleared.engine.begin() as connection:
            for tables in metadata:
                tables.drop_all(connection)
        cleared.close()
    opened = stage.open_database(url)
    yield opened
    opened.close()
