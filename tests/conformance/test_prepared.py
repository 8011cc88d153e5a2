"""Prepared statements: the same rows as SQLAlchemy Core's, and the private attributes that they are made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table, bindparam, insert, make_url, select, update
from sqlalchemy.sql.compiler import SQLCompiler

from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.prepared import fetch, write

TABLES = MetaData()
switches = Table(
    "switches",
    TABLES,
    Column("name", String, primary_key=True),
    Column("on", Boolean, nullable=False),
    Column("counted", BigInteger),
)
_insert = insert(switches)
_find = select(switches).where(switches.c.on == bindparam("wanted")).order_by(switches.c.name)
_set = update(switches).where(switches.c.name == bindparam("of_switch")).values(on=bindparam("now_on"))
_count_off = (
    update(switches)
    .where(switches.c.on.is_(False))
    .values(counted=switches.c.counted + bindparam("by"))
    .returning(switches)
)

ROWS = [("a", True, 2**62), ("b", False, None), ("c", True, -1), ("d", False, 7)]


def test_a_prepared_statement_does_as_core_does(database: Database) -> None:
    database.create(TABLES)
    with database.connect() as connection, connection.begin():
        rows = [{"name": name, "on": on, "counted": counted} for name, on, counted in ROWS]
        assert write(connection, _insert, rows[:1]) == 1
        assert write(connection, _insert, rows[1:]) == 3
        for wanted in (True, False):
            found = fetch(connection, _find, {"wanted": wanted})
            assert [tuple(row) for row in found] == [row for row in ROWS if row[1] is wanted]
            assert [tuple(row) for row in found] == [
                tuple(row) for row in connection.execute(_find, {"wanted": wanted})
            ]
            assert all(row.on is wanted for row in found)
        assert (
            write(connection, _set, [{"of_switch": "a", "now_on": False}, {"of_switch": "none", "now_on": True}]) == 1
        )
        told = fetch(connection, _count_off, {"by": 1})
        assert sorted((row.name, row.on, row.counted) for row in told if row.counted is not None) == [
            ("a", False, 2**62 + 1),
            ("d", False, 8),
        ]


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://"])
def test_sqlalchemy_has_the_privates_that_prepared_statements_read(url: str) -> None:
    dialect = make_url(url).get_dialect()()
    compiled = _find.compile(dialect=dialect, column_keys=["wanted"], for_executemany=False)
    assert isinstance(compiled, SQLCompiler)
    shape: dict[str, Callable[[Any], bool]] = {
        "_bind_processors": lambda value: isinstance(value, dict) and (not value or set(value) == {"wanted"}),
        "_result_columns": lambda value: (
            [getattr(column, "keyname", "") for column in value] == ["name", "on", "counted"]
            and all(hasattr(getattr(column, "type", None), "result_processor") for column in value)
        ),
        "positiontup": lambda value: value == (["wanted"] if dialect.name == "sqlite" else None),
        "post_compile_params": lambda value: not value,
        "literal_execute_params": lambda value: not value,
    }
    changed = [name for name, fits in shape.items() if not hasattr(compiled, name) or not fits(getattr(compiled, name))]
    assert not changed, (
        f"SQLAlchemy {sqlalchemy.__version__} has another `SQLCompiler.{'`, `'.join(changed)}` than the one that "
        "runtime/sql/prepared.py reads: adapt it there, and only then raise the cap in pyproject.toml"
    )
