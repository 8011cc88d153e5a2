"""The demands of the runtime on a database, the same for each kind."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, inspect, select

from services_stub.runtime.sql.database import Database, InsertOrAdd, InsertOrIgnore, InsertOrReplace, Savepoint
from services_stub.runtime.sql.prepared import fetch, write
from tests.unit.runtime.sample_service import names, things

_insert_thing = insert(things)
_find_thing = select(things).where(things.c.name == bindparam("wanted"))


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


def test_a_row_that_is_there_is_replaced_or_added_to(database: Database) -> None:
    table = Table(
        "sums",
        MetaData(),
        Column("kind", String, primary_key=True),
        Column("label", String, primary_key=True),
        Column("number", Integer),
        Column("other", Integer),
    )
    database.create(table.metadata)
    add, replace = InsertOrAdd(table), InsertOrReplace(table)
    row = {"kind": "a", "label": "b", "number": 1, "other": -1}
    with database.connect() as connection, connection.begin():
        write(connection, add, [row, row, row | {"label": "c"}])
        write(connection, add, [row | {"number": 5}])
        write(connection, replace, [row | {"label": "c", "number": 9}, row | {"label": "d"}])
        found = connection.execute(select(table).order_by(table.c.label)).all()
    assert [tuple(each) for each in found] == [("a", "b", 7, -3), ("a", "c", 9, -1), ("a", "d", 1, -1)]


def test_a_reader_sees_only_what_is_committed(database: Database) -> None:
    with database.connect() as writing, database.connect() as reading:
        with writing.begin():
            writing.execute(insert(things), {"name": "a"})
            with reading.begin():
                assert reading.scalars(select(things.c.name)).all() == []
        with reading.begin():
            assert reading.scalars(select(things.c.name)).all() == ["a"]


def test_all_statements_of_one_read_see_the_same_snapshot(database: Database) -> None:
    with database.connect() as writing, database.connect_reader() as reading, reading.begin():
        assert reading.scalars(select(things.c.name)).all() == []
        with writing.begin():
            writing.execute(insert(things), {"name": "a"})
        assert reading.scalars(select(things.c.name)).all() == []


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.connect() as connection, connection.begin():
            connection.execute(insert(things), {"name": "a"})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert names(database) == []


def test_text_with_nul_is_kept_and_found_again(database: Database) -> None:
    with database.connect() as connection, connection.begin():
        connection.execute(insert(things), {"name": "a\0b"})
        assert write(connection, _insert_thing, [{"name": "\0"}, {"name": "c"}]) == 2
        assert connection.execute(select(things).where(things.c.name == "a\0b")).one_or_none() is not None
        assert connection.execute(select(things).where(things.c.name == "ab")).one_or_none() is None
        assert len(fetch(connection, _find_thing, {"wanted": "\0"})) == 1


def test_text_is_sorted_by_code_point(database: Database) -> None:
    texts = ["\u00e9", "b", "B", "_a", "-b", "a", "\U0001f375", "\uff21", ""]
    with database.connect() as connection, connection.begin():
        connection.execute(insert(things), [{"name": text} for text in texts])
        assert connection.scalars(select(things.c.name).order_by(things.c.name)).all() == sorted(texts)


def test_the_locale_of_the_server_does_not_matter(database: Database) -> None:
    if not database.waits:
        pytest.skip("SQLite has no locale")
    columns = [column for table in inspect(database.engine).get_multi_columns().values() for column in table]
    collations = {
        getattr(column["type"], "collation", None) for column in columns if isinstance(column["type"], String)
    }
    assert collations == {"C"}
