"""The demands of the runtime on a database, the same for each kind."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from services_stub.runtime.sql.database import Database, InsertOrIgnore, Savepoint
from tests.unit.runtime.sample_service import names, things


def test_a_savepoint_takes_back_one_item_alone(database: Database) -> None:
    with database.connect() as connection, connection.begin():
        savepoint = Savepoint(connection)
        for name, keep in (("a", True), ("b", False), ("c", True)):
            savepoint.set()
            connection.execute(insert(things), {"name": name})
            if keep:
                savepoint.release()
            else:
                savepoint.rollback()
    assert names(database) == ["a", "c"]


def test_insert_or_ignore_says_whether_it_inserted(database: Database) -> None:
    statement = InsertOrIgnore(things)
    with database.connect() as connection, connection.begin():
        assert connection.execute(statement, {"name": "a"}).rowcount == 1
        assert connection.execute(statement, {"name": "a"}).rowcount == 0
    assert names(database) == ["a"]


def test_a_reader_sees_only_what_is_committed(database: Database) -> None:
    with database.connect() as writing, database.connect() as reading:
        with writing.begin():
            writing.execute(insert(things), {"name": "a"})
            with reading.begin():
                assert reading.scalars(select(things.c.name)).all() == []
        with reading.begin():
            assert reading.scalars(select(things.c.name)).all() == ["a"]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.connect() as connection, connection.begin():
            connection.execute(insert(things), {"name": "a"})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert names(database) == []
