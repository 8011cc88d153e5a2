"""Keyset pages: no row is missed or shown twice, an index finds each page, and cursors of other lists are refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    Row,
    String,
    Table,
    delete,
    event,
    insert,
    select,
)

from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.keyset import SortOrder, page

TABLES = MetaData()
words = Table(
    "words",
    TABLES,
    Column("number", BigInteger, primary_key=True),
    Column("word", String, primary_key=True),
    Index("words_by_word", "word", "number"),
)
BY_NUMBER = SortOrder((words.c.number, words.c.word))
BY_NUMBER_BACKWARDS = SortOrder((words.c.number, words.c.word), descending=True)
BY_WORD = SortOrder((words.c.word, words.c.number), name="word")
BY_WORD_BACKWARDS = SortOrder((words.c.word, words.c.number), descending=True, name="-word")

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
numbers = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))
rows = st.lists(st.tuples(numbers, texts), unique=True, max_size=12)


def pair(row: Row[tuple[int, str]]) -> tuple[int, str]:
    return row.number, row.word


def all_pages(connection: Connection, order: SortOrder, limit: int) -> list[tuple[int, str]]:
    shown: list[tuple[int, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        one = page(connection, select(words), order, cursor, limit, pair)
        assert len(one.items) == limit or one.next_cursor is None
        shown += one.items
        cursor = one.next_cursor
    return shown


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, limit=st.integers(1, 5))
def test_the_pages_of_a_list_are_the_list(database: Database, rows: list[tuple[int, str]], limit: int) -> None:
    database.create(TABLES)
    with database.connect() as connection, connection.begin():
        connection.execute(delete(words))
        if rows:
            connection.execute(insert(words), [{"number": number, "word": word} for number, word in rows])
        # Text sorts by code point, as in Python, on every database.
        by_number = sorted(rows)
        by_word = sorted(rows, key=lambda row: (row[1], row[0]))
        assert all_pages(connection, BY_NUMBER, limit) == by_number
        assert all_pages(connection, BY_NUMBER_BACKWARDS, limit) == by_number[::-1]
        assert all_pages(connection, BY_WORD, limit) == by_word
        assert all_pages(connection, BY_WORD_BACKWARDS, limit) == by_word[::-1]
        connection.execute(delete(words))


def cursor_of(connection: Connection, order: SortOrder) -> str:
    connection.execute(insert(words), [{"number": number, "word": "a"} for number in range(2)])
    cursor = page(connection, select(words), order, "", 1, pair).next_cursor
    connection.execute(delete(words))
    assert cursor is not None
    return cursor


@pytest.mark.parametrize("cursor", ["x", "%", "é", "W10", "WzFd", "WzEsImEiLDJd", "WyJhIiwxXQ", "W3RydWUsImEiXQ"])
def test_a_made_up_cursor_is_refused_by_its_name(database: Database, cursor: str) -> None:
    database.create(TABLES)
    with database.connect() as connection, connection.begin():
        for order in (BY_NUMBER, BY_WORD):
            with pytest.raises(Refused) as refused:
                page(connection, select(words), order, cursor, 1, pair)
            assert [error.field for error in refused.value.problem.errors] == ["cursor"]


def test_a_cursor_of_another_sort_order_is_refused(database: Database) -> None:
    database.create(TABLES)
    with database.connect() as connection, connection.begin():
        cursor = cursor_of(connection, BY_WORD)
        with pytest.raises(Refused, match="a cursor of the sort order 'word'"):
            page(connection, select(words), BY_WORD_BACKWARDS, cursor, 1, pair)


@pytest.mark.parametrize("order", [BY_NUMBER, BY_NUMBER_BACKWARDS, BY_WORD, BY_WORD_BACKWARDS])
def test_a_page_finds_its_place_in_an_index(order: SortOrder) -> None:
    database = Database("sqlite://")
    database.create(TABLES)
    with database.connect() as connection, connection.begin():
        cursor = cursor_of(connection, order)
        executed: list[tuple[str, tuple[object, ...]]] = []
        event.listen(connection, "before_cursor_execute", lambda *call: executed.append(call[2:4]))
        page(connection, select(words), order, cursor, 1, pair)
        statement, parameters = executed[0]
        plan = " ".join(
            str(step[3]) for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        )
    database.close()
    assert plan.startswith("SEARCH words USING"), plan
    assert "TEMP B-TREE" not in plan
