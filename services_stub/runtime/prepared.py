"""Writing statements of SQLAlchemy Core, compiled once and then handed to the driver.

Executing a statement costs Core several times what it costs the database. What Core adds is wanted once: the SQL of the
dialect, the order of the parameters and their conversion. Queries stay with Core, which makes rows of their results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from services_stub.runtime.database import driver_of

Parameters = dict[str, Any]

_known: dict[tuple[int, str, tuple[str, ...]], tuple[Executable, _Prepared | None]] = {}


class _Prepared:
    """The SQL of a statement for one dialect and one set of parameters."""

    def __init__(self, compiled: SQLCompiler) -> None:
        self.sql = str(compiled)
        self._constants = dict(compiled.params)
        self._convert: dict[str, Callable[[Any], Any]] = {
            name: convert for name, convert in compiled._bind_processors.items() if callable(convert)
        }
        self._order = compiled.positiontup

    def values(self, parameters: Parameters) -> Any:
        """The parameters as the driver takes them."""
        given = {**self._constants, **parameters}
        for name, convert in self._convert.items():
            given[name] = convert(given[name])
        return given if self._order is None else [given[name] for name in self._order]


def write(connection: Connection, statement: UpdateBase, rows: Sequence[Parameters]) -> int:
    """Execute an insert, update or delete for each of `rows` (which have the same keys); how many rows it concerned."""
    prepared = _prepared_for(connection, statement, rows[0])
    if prepared is None:
        return connection.execute(statement, rows[0] if len(rows) == 1 else list(rows)).rowcount
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


def _prepared_for(connection: Connection, statement: UpdateBase, row: Parameters) -> _Prepared | None:
    """None where the SQL depends on the values (an IN of any length)."""
    key = (id(statement), connection.dialect.name, tuple(row))
    found = _known.get(key)
    if found is None:
        # Many rows: Core would otherwise ask for generated keys back.
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(row), for_executemany=True)
        assert isinstance(compiled, SQLCompiler)
        fixed = not compiled.post_compile_params and not compiled.literal_execute_params
        # The statement is kept with it, so that its id is not given to another one.
        found = _known[key] = (statement, _Prepared(compiled) if fixed else None)
    return found[1]
