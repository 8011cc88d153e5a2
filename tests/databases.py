"""The databases that tests run through: SQLite always, PostgreSQL where MARKETPLACE_POSTGRESQL_URL names a server.

A folder whose tests touch a database imports `each_database` into its conftest; its tests then run once on each kind.
On PostgreSQL a database is a schema of its own, because making one takes milliseconds.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import make_url

from services_stub.runtime.sql.database import Database

POSTGRESQL = os.environ.get("MARKETPLACE_POSTGRESQL_URL", "")
KINDS = ["sqlite", *(["postgresql"] if POSTGRESQL else [])]

_numbers = itertools.count()


class _Current:
    """The kind of database of the running test, and its services' databases by data directory."""

    kind = "sqlite"
    urls: dict[Path, str] = {}


@pytest.fixture(autouse=True, params=KINDS)
def each_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database that `transaction`, `serving` and `empty_database` use during this test."""
    _Current.kind = request.param
    yield request.param
    for url in _Current.urls.values():
        _drop(url)
    _Current.urls.clear()
    _Current.kind = "sqlite"


@contextmanager
def empty_database(*, file: Path | None = None) -> Iterator[Database]:
    """An empty database of the test's kind, gone afterwards; SQLite's is in memory where no `file` is given."""
    url = f"sqlite:///{file or ':memory:'}" if _Current.kind == "sqlite" else _new_schema()
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
        if _Current.kind != "sqlite":
            _drop(url)


def url_for(data_dir: Path) -> str:
    """The URL for a service with this data directory, the same at every start; empty for the default in it."""
    if _Current.kind == "sqlite":
        return ""
    if data_dir not in _Current.urls:
        _Current.urls[data_dir] = _new_schema()
    return _Current.urls[data_dir]


def _new_schema() -> str:
    schema = f"test_{os.getpid()}_{next(_numbers)}"
    _administer(f"CREATE SCHEMA {schema}")
    url = make_url(POSTGRESQL).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def _drop(url: str) -> None:
    schema = str(make_url(url).query["options"]).partition("=")[2]
    _administer(f"DROP SCHEMA {schema} CASCADE")


@cache
def _server() -> Database:
    return Database(POSTGRESQL)


def _administer(statement: str) -> None:
    with _server().engine.begin() as connection:
        connection.exec_driver_sql(statement)
