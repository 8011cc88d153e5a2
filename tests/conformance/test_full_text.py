"""The full-text index follows its table, takes any characters as they are, and reads no more rows than it finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, delete, event, insert, select, update

from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.full_text import FullTextIndex, Term

TABLES = MetaData()
notes = Table(
    "notes",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
)
INDEX = FullTextIndex(notes.c.number, notes.c.title, notes.c.body)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    database.create(TABLES)
    with database.connect() as opened, opened.begin():
        opened.execute(
            insert(notes),
            [
                {"number": 1, "title": "red tea", "body": "pot ß"},
                {"number": 2, "title": "teapot", "body": "red"},
                {"number": 3, "title": "", "body": ""},
            ],
        )
        yield opened


def found(connection: Connection, *terms: Term, columns: tuple[Column[str], ...] = ()) -> list[int]:
    statement = select(notes.c.number).where(INDEX.matches(terms, *columns)).order_by(notes.c.number)
    return list(connection.execute(statement).scalars())


def test_terms_and_prefixes_are_found_in_the_columns_that_are_asked_for(connection: Connection) -> None:
    assert found(connection, Term("red")) == [1, 2]
    assert found(connection, Term("red"), columns=(notes.c.title,)) == [1]
    assert found(connection, Term("tea")) == [1]
    assert found(connection, Term("tea", prefix=True)) == [1, 2]
    assert found(connection, Term("pot"), Term("teapot")) == [1, 2]
    assert found(connection, Term("ß")) == [1]


def test_the_index_follows_changes_of_rows(connection: Connection) -> None:
    connection.execute(update(notes).where(notes.c.number == 1).values(title="green"))
    assert (found(connection, Term("tea")), found(connection, Term("green"))) == ([], [1])
    connection.execute(delete(notes).where(notes.c.number == 1))
    assert (found(connection, Term("green")), found(connection, Term("red"))) == ([], [2])


@pytest.mark.parametrize("sign", ['"', "'", "\\", "' | 'red", '" OR "red', "red:*", "%", "(", "\0"])
def test_no_sign_in_a_term_is_taken_as_an_operator(connection: Connection, sign: str) -> None:
    assert found(connection, Term(f"none{sign}none")) == []


def test_a_condition_beside_others_still_uses_the_index(database: Database, each_database: str) -> None:
    if each_database != "sqlite":
        pytest.skip("PostgreSQL reads a small table as a whole")
    database.create(TABLES)
    plans: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def explain(connection: Connection, cursor: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            rows = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)  # type: ignore[union-attr]
            plans.extend(row[3] for row in rows)

    with database.connect() as opened:
        opened.execute(select(notes).where(notes.c.title != "", INDEX.matches([Term("red")]))).all()
    assert plans[0] == "SEARCH notes USING INTEGER PRIMARY KEY (rowid=?)"
