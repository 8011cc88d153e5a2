"""Full-text indexes: FTS5 on SQLite, `tsvector` on PostgreSQL, behind the same functions.

A text is given as its terms, separated by single spaces, cut and folded by the service, so that both databases find the
same: neither applies a language of its own. The service gives the index its texts, many at a time: triggers would make
FTS5 write its index to the disk for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import DDL, Connection, Table, event

from services_stub.runtime.sql.database import driver_of

_PREFIX_LENGTHS = "1 2 3 4"
"""Beginnings that FTS5 keeps an index of: short ones belong to so many terms that merging them takes long."""

_SIGNS = "".join(sign for sign in map(chr, range(1, 128)) if not sign.isalnum() and sign != " ")
"""The characters of ASCII that FTS5 would part terms at."""

_decode_keys = msgspec.json.Decoder(list[int]).decode


class Term(NamedTuple):
    """A word to look for; as a `prefix` it stands for every word that begins with it."""

    text: str
    prefix: bool = False


class Text(NamedTuple):
    """The terms of a row, separated by single spaces; every character but the space belongs to a term."""

    key: int
    terms: str


class FullTextIndex:
    """An index of texts by whole-number keys, created and dropped with the table whose rows it is about."""

    def __init__(self, table: Table, name: str) -> None:
        self._name = name
        signs = _SIGNS.replace("'", "''''").replace('"', '""')
        # Without texts, positions and sizes: rows are found, not shown or ranked, by the index.
        options = f"content='', detail='none', columnsize=0, prefix='{_PREFIX_LENGTHS}'"
        tokens = f"tokenize=\"ascii tokenchars '{signs}'\""
        for moment, dialect, statement in (
            ("after_create", "sqlite", f"CREATE VIRTUAL TABLE {name} USING fts5 (terms, {options}, {tokens})"),
            ("after_create", "postgresql", f"CREATE TABLE {name} (key integer PRIMARY KEY, terms tsvector NOT NULL)"),
            ("after_create", "postgresql", f"CREATE INDEX {name}_terms ON {name} USING gin (terms)"),
            ("after_drop", "sqlite", f"DROP TABLE {name}"),
            ("after_drop", "postgresql", f"DROP TABLE {name}"),
        ):
            on_dialect = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, moment, on_dialect)

    def find(self, connection: Connection, term: Term) -> list[int]:
        """The keys of the texts that contain `term`."""
        driver = driver_of(connection)
        if connection.dialect.name == "sqlite":
            # As one text: handing them out row by row takes three times as long.
            sql = f"SELECT json_group_array(rowid) FROM {self._name} WHERE {self._name} MATCH ?"
            # A NUL would end the query; PostgreSQL has the same character in its place.
            quoted = term.text.replace('"', '""').replace("\0", "\ufffd")
            return _decode_keys(driver.execute(sql, (f'"{quoted}"{"*" if term.prefix else ""}',)).fetchone()[0])
        sql = f"SELECT key FROM {self._name} WHERE terms @@ CAST(%s AS tsquery)"
        quoted = term.text.replace("\\", "\\\\").replace("'", "''")
        return [key for (key,) in driver.execute(sql, (f"'{quoted}'{':*' if term.prefix else ''}",)).fetchall()]

    def replace(self, connection: Connection, old: Sequence[Text], new: Sequence[Text]) -> None:
        """Remove the texts `old`, which must be as they were added, and add the texts `new`."""
        if connection.dialect.name == "sqlite":
            remove = f"INSERT INTO {self._name} ({self._name}, rowid, terms) VALUES ('delete', ?, ?)"
            add = f"INSERT INTO {self._name} (rowid, terms) VALUES (?, ?)"
            removed: Sequence[tuple[object, ...]] = old
        else:
            remove = f"DELETE FROM {self._name} WHERE key = %s"
            add = f"INSERT INTO {self._name} VALUES (%s, array_to_tsvector(string_to_array(%s, ' ')))"
            removed = [(text.key,) for text in old]
        cursor = driver_of(connection).cursor()
        if removed:
            cursor.executemany(remove, removed)
        if new:
            cursor.executemany(add, new)
        cursor.close()
