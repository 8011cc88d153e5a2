"""Statements of SQLAlchemy Core, compiled once and then handed to the driver.

Executing a statement costs Core several times what it costs the database. Core's part is needed once: the SQL of the
dialect, the order of the parameters, and how values are converted on the way in and out. For statements that are kept
and executed for every purchase; all others go through Core.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement

from services_stub.runtime.sql.database import driver_of

Parameters = dict[str, Any]

_known: dict[tuple[int, str, tuple[str, ...]], tuple[ClauseElement, _Prepared]] = {}


class _Prepared:
    """The SQL of a statement for one dialect and one set of parameters."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self.sql = str(compiled)
        self._constants = dict(compiled.params)
        self._convert: dict[str, Callable[[Any], Any]] = {
            name: convert for name, convert in compiled._bind_processors.items() if callable(convert)
        }
        self._order = compiled.positiontup
        columns = compiled._result_columns
        names = [column.keyname for column in columns]
        row_type: Any = namedtuple("Row", names)  # type: ignore[misc]
        self._row: Callable[[Sequence[Any]], Any] = row_type._make
        converters = ((place, column.type.result_processor(dialect, None)) for place, column in enumerate(columns))
        self._revert = [(place, revert) for place, revert in converters if revert is not None]

    def values(self, parameters: Parameters) -> Any:
        """The parameters as the driver takes them."""
        given = {**self._constants, **parameters}
        for name, convert in self._convert.items():
            given[name] = convert(given[name])
        return given if self._order is None else [given[name] for name in self._order]

    def row(self, values: Sequence[Any]) -> Any:
        """A row of the result with its columns as attributes."""
        if self._revert:
            values = list(values)
            for place, revert in self._revert:
                values[place] = revert(values[place])
        return self._row(values)


def write(connection: Connection, statement: UpdateBase, rows: Sequence[Parameters]) -> int:
    """Execute an insert, update or delete for each of `rows` (which have the same keys); how many rows it concerned."""
    # As for many rows: Core would otherwise ask for generated keys back.
    prepared = _prepared_for(connection, statement, rows[0], for_executemany=True)
    cursor = driver_of(connection).cursor()
    try:
        if len(rows) == 1:
            cursor.execute(prepared.sql, prepared.values(rows[0]))
        else:
            cursor.executemany(prepared.sql, [prepared.values(row) for row in rows])
        changed: int = cursor.rowcount
        return changed
    finally:
        cursor.close()


def fetch(connection: Connection, statement: ClauseElement, parameters: Parameters) -> list[Any]:
    """Execute a query, or a write with RETURNING; its rows, with the columns as attributes."""
    prepared = _prepared_for(connection, statement, parameters, for_executemany=False)
    cursor = driver_of(connection).cursor()
    try:
        cursor.execute(prepared.sql, prepared.values(parameters))
        return [prepared.row(values) for values in cursor.fetchall()]
    finally:
        cursor.close()


def _prepared_for(
    connection: Connection, statement: ClauseElement, row: Parameters, *, for_executemany: bool
) -> _Prepared:
    key = (id(statement), connection.dialect.name, tuple(row))
    found = _known.get(key)
    if found is None:
        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect, column_keys=list(row), for_executemany=for_executemany)
        assert isinstance(compiled, SQLCompiler)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("a statement whose SQL depends on its values cannot be prepared")
        # The statement is kept with it, so that its id is not given to another one.
        found = _known[key] = (statement, _Prepared(compiled, dialect))
    return found[1]
