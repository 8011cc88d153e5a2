"""Full-text search in text columns of a table: FTS5 on SQLite, `tsvector` on PostgreSQL, behind the same expressions.

The columns hold terms separated by single spaces, cut and folded by the service, so that both databases find the same:
neither applies a language of its own. The index follows the table by itself (triggers, generated columns), so that
statements that write rows are the same on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import DDL, Boolean, Column, ColumnElement, event, literal
from sqlalchemy.ext.compiler import compiles


class Term(NamedTuple):
    """A word to look for; as a `prefix` it stands for every word that begins with it."""

    text: str
    prefix: bool = False


class FullTextIndex:
    """The index of the `columns` of a table, created with it. `key` is the table's whole-number primary key.

    Alphanumeric characters of ASCII, and all characters beyond ASCII, belong to a term.
    """

    def __init__(self, key: Column[int], *columns: Column[str]) -> None:
        self.key = key
        self.columns = columns
        self.name = f"{key.table.name}_text"
        for dialect, statements in (("sqlite", self._fts5()), ("postgresql", self._vectors())):
            for statement in statements:
                on_dialect = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
                event.listen(key.table, "after_create", on_dialect)

    def matches(self, terms: Sequence[Term], *columns: Column[str]) -> ColumnElement[bool]:
        """The rows in which one of `columns` (all of them, where none is given) contains one of `terms`."""
        return _Matches(self, terms, columns or self.columns)

    def _fts5(self) -> list[str]:
        table, key, names = self.key.table.name, self.key.name, [column.name for column in self.columns]
        listed = ", ".join(names)
        old, new = (", ".join(f"{row}.{name}" for name in [key, *names]) for row in ("old", "new"))
        remove = f"INSERT INTO {self.name} ({self.name}, rowid, {listed}) VALUES ('delete', {old});"
        add = f"INSERT INTO {self.name} (rowid, {listed}) VALUES ({new});"
        changed = " OR ".join(f"old.{name} <> new.{name}" for name in names)
        return [
            f"CREATE VIRTUAL TABLE {self.name} USING fts5"
            f" ({listed}, content='{table}', content_rowid='{key}', tokenize='ascii', prefix='2 3')",
            f"CREATE TRIGGER {self.name}_insert AFTER INSERT ON {table} BEGIN {add} END",
            f"CREATE TRIGGER {self.name}_delete AFTER DELETE ON {table} BEGIN {remove} END",
            f"CREATE TRIGGER {self.name}_update AFTER UPDATE OF {listed} ON {table} WHEN {changed}"
            f" BEGIN {remove} {add} END",
        ]

    def _vectors(self) -> list[str]:
        table, statements = self.key.table.name, []
        for name in (column.name for column in self.columns):
            vector = f"array_to_tsvector(string_to_array({name}, ' '))"
            statements += [
                f"ALTER TABLE {table} ADD COLUMN {name}_vector tsvector GENERATED ALWAYS AS ({vector}) STORED",
                f"CREATE INDEX {table}_by_{name} ON {table} USING gin ({name}_vector)",
            ]
        return statements


class _Matches(ColumnElement[bool]):
    # The SQL holds the query in the syntax of its database, so it is compiled anew for each.
    inherit_cache = False
    type = Boolean()

    def __init__(self, index: FullTextIndex, terms: Sequence[Term], columns: Sequence[Column[str]]) -> None:
        self.index = index
        self.terms = terms
        self.columns = columns

    def self_group(self, against: Any = None) -> _Matches:  # noqa: ARG002 - named by Core
        """Itself: Core would compare it with 1 for SQLite, which then reads the whole table."""
        return self


@compiles(_Matches, "sqlite")
def _match_fts5(element: _Matches, compiler: Any, **options: Any) -> str:
    index = element.index
    # A NUL would end the query; PostgreSQL has the same character in its place.
    escaped = ((term.text.replace('"', '""').replace("\0", "\ufffd"), term.prefix) for term in element.terms)
    columns = " ".join(column.name for column in element.columns)
    quoted = " OR ".join(f'"{text}"{"*" if prefix else ""}' for text, prefix in escaped)
    query = literal(f"{{{columns}}} : ({quoted})")
    key, given = compiler.process(index.key, **options), compiler.process(query, **options)
    return f"{key} IN (SELECT rowid FROM {index.name} WHERE {index.name} MATCH {given})"


@compiles(_Matches, "postgresql")
def _match_vectors(element: _Matches, compiler: Any, **options: Any) -> str:
    escaped = ((term.text.replace("\\", "\\\\").replace("'", "''"), term.prefix) for term in element.terms)
    query = literal(" | ".join(f"'{text}'{':*' if prefix else ''}" for text, prefix in escaped))
    table = element.index.key.table.name
    given = [compiler.process(query, **options) for _ in element.columns]
    pairs = zip(element.columns, given, strict=True)
    return f"({' OR '.join(f'{table}.{column.name}_vector @@ CAST({each} AS tsquery)' for column, each in pairs)})"
