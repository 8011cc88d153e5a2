"""A full-text index finds terms and beginnings of terms, takes any characters as they are, and follows its texts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table

from services_stub.runtime.sql.database import Database
from services_stub.search.store.full_text import FullTextIndex, Term, Text

TABLES = MetaData()
notes = Table("notes", TABLES, Column("number", Integer, primary_key=True))
INDEX = FullTextIndex(notes, "notes_texts")

RED_TEA, TEAPOT = Text(1, "red tea ß 100%"), Text(2, "teapot red")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    database.create(TABLES)
    with database.connect() as opened, opened.begin():
        INDEX.replace(opened, [], [RED_TEA, TEAPOT])
        yield opened


def found(connection: Connection, text: str, *, prefix: bool = False) -> list[int]:
    return sorted(INDEX.find(connection, Term(text, prefix)))


def test_terms_and_their_beginnings_are_found(connection: Connection) -> None:
    assert found(connection, "red") == [1, 2]
    assert found(connection, "tea") == [1]
    assert found(connection, "tea", prefix=True) == [1, 2]
    assert found(connection, "teap", prefix=True) == found(connection, "teapo", prefix=True) == [2]
    assert found(connection, "ß") == [1]
    assert found(connection, "pot") == []


def test_the_index_follows_its_texts(connection: Connection) -> None:
    INDEX.replace(connection, [RED_TEA], [Text(1, "green")])
    assert (found(connection, "tea"), found(connection, "green")) == ([], [1])
    INDEX.replace(connection, [Text(1, "green")], [])
    assert (found(connection, "green"), found(connection, "red")) == ([], [2])


@pytest.mark.parametrize("sign", ['"', "'", "\\", "'|'red", '"OR"red', "red:*", "%", "(", "\0", "_", "\t"])
def test_no_sign_in_a_term_is_taken_as_an_operator(connection: Connection, sign: str) -> None:
    assert found(connection, f"none{sign}none") == []
    assert found(connection, f"red{sign}tea") == []


def test_signs_belong_to_their_term(connection: Connection) -> None:
    assert (found(connection, "100%"), found(connection, "100")) == ([1], [])


def test_it_goes_and_comes_with_its_table(database: Database, connection: Connection) -> None:
    TABLES.drop_all(connection)
    TABLES.create_all(connection)
    assert found(connection, "red") == []
    INDEX.replace(connection, [], [TEAPOT])
    assert found(connection, "red") == [2]
