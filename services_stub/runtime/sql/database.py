"""One SQL database of one service. Every difference between SQLite and PostgreSQL stands here and in search's index."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, Insert, MetaData, String, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateColumn

from services_stub.runtime.errors import Refused, Unavailable

_DRIVER_ERRORS = (sqlite3.OperationalError, psycopg.OperationalError)

_INSTRUCTIONS = 1000
"""So many instructions of SQLite pass between two looks at the clock."""

CACHE_KIB = 8192
CHECKPOINT_PAGES = 8000
"""32 MiB: a checkpoint waits for the disk, and by default there would be several a second under load."""


class InsertOrIgnore(Insert):
    """An insert that does nothing where the key exists already: `rowcount` is 0 then."""

    inherit_cache = True


@compiles(InsertOrIgnore)
def _insert_or_ignore(statement: InsertOrIgnore, compiler: Any, **options: Any) -> str:
    return f"{compiler.visit_insert(statement, **options)} ON CONFLICT DO NOTHING"


class InsertOrReplace(Insert):
    """An insert that replaces the row where the key exists already."""

    inherit_cache = True


class InsertOrAdd(Insert):
    """An insert that adds its numbers, which are all but the key, to those of the row where the key exists already."""

    inherit_cache = True


@compiles(InsertOrReplace)
def _insert_or_replace(statement: InsertOrReplace, compiler: Any, **options: Any) -> str:
    return f"{compiler.visit_insert(statement, **options)}{_on_conflict(statement, '{0} = excluded.{0}')}"


@compiles(InsertOrAdd)
def _insert_or_add(statement: InsertOrAdd, compiler: Any, **options: Any) -> str:
    change = f"{{0}} = {statement.table.name}.{{0}} + excluded.{{0}}"
    return f"{compiler.visit_insert(statement, **options)}{_on_conflict(statement, change)}"


def _on_conflict(statement: Insert, change: str) -> str:
    columns = statement.table.columns
    key = ", ".join(column.name for column in columns if column.primary_key)
    changes = ", ".join(change.format(column.name) for column in columns if not column.primary_key)
    return f" ON CONFLICT ({key}) DO UPDATE SET {changes}"


@compiles(CreateColumn, "postgresql")
def _column_sorted_by_code_point(column: CreateColumn, compiler: Any, **options: Any) -> str:
    # As on SQLite and in Python, whatever the locale of the server: a page of a list does not depend on the machine.
    definition = str(compiler.visit_create_column(column, **options))
    return f'{definition} COLLATE "C"' if isinstance(column.element.type, String) else definition


class _TextWithoutNul(StrDumperUnknown):
    """Text for PostgreSQL, which has no NUL: it becomes the character that stands for one that cannot be shown.

    Comparisons are made with the same text, so a key that contains NUL still finds its row.
    """

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class Database:
    """The connections of a service to the database at a URL, or in a file: one that writes, one that reads beside it.

    `waits` says that a statement waits for a network, so that an event loop must not execute any.
    """

    def __init__(self, place: str | Path) -> None:
        # A path is no part of a URL as it is: it may have any characters.
        url = make_url(place) if isinstance(place, str) else URL.create("sqlite", database=str(place))
        self.waits = url.get_backend_name() != "sqlite"
        if not self.waits:
            arguments: dict[str, Any] = {
                "hide_parameters": True,
                "connect_args": {"check_same_thread": False, "timeout": 10.0},
            }
            if url.database in {None, "", ":memory:"}:
                arguments["poolclass"] = StaticPool
            self.engine = create_engine(url, **arguments)
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(
                url,
                pool_size=3,
                pool_pre_ping=True,
                hide_parameters=True,
                execution_options={"preserve_rowcount": True},  # SQLAlchemy forgets it of an INSERT otherwise
            )
            event.listen(self.engine, "connect", _prepare_postgresql)

    def create(self, *tables: MetaData) -> None:
        """Create those of `tables` that do not exist yet.

        Raises:
            Unavailable: the database cannot be reached or written.
        """
        with mapped_errors(), self.engine.begin() as connection:
            for metadata in tables:
                metadata.create_all(connection)

    def connect(self) -> Connection:
        """A connection of its own; the caller's thread alone uses it.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with mapped_errors():
            return self.engine.connect()

    def connect_reader(self) -> Connection:
        """A connection whose transactions see one committed snapshot each, however many statements they execute.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with mapped_errors():
            connection = self.engine.connect()
            # A reader of SQLite has a snapshot anyway.
            return connection.execution_options(isolation_level="REPEATABLE READ") if self.waits else connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class Savepoint:
    """Makes one item of a batch fail alone. Speaks to the driver directly: it is in front of every item."""

    def __init__(self, connection: Connection) -> None:
        self._execute: Any = driver_of(connection).execute

    def set(self) -> None:
        """Begin an item."""
        self._execute("SAVEPOINT item")

    def release(self) -> None:
        """Keep the changes since `set`."""
        self._execute("RELEASE SAVEPOINT item")

    def rollback(self) -> None:
        """Undo the changes since `set`."""
        self._execute("ROLLBACK TO SAVEPOINT item")
        self._execute("RELEASE SAVEPOINT item")


def driver_of(connection: Connection) -> Any:
    """The driver's own connection: both have `execute`, and it costs a tenth of SQLAlchemy's."""
    return connection.connection.driver_connection


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Map the errors of a database that is away, full, locked or read-only to `Unavailable`."""
    try:
        yield
    except DBAPIError as error:
        if _is_away(error):
            raise Unavailable(f"database: {error.orig}") from error
        raise
    except _DRIVER_ERRORS as error:
        if _is_away(error):
            raise Unavailable(f"database: {error}") from error
        raise


@contextmanager
def limited_to(connection: Connection, seconds: float) -> Iterator[None]:
    """End each statement of a transaction that takes longer.

    Raises:
        Refused: one did.
    """
    driver = driver_of(connection)
    if isinstance(driver, sqlite3.Connection):
        end = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > end, _INSTRUCTIONS)
    else:
        driver.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
    try:
        yield
    except (DBAPIError, sqlite3.OperationalError, psycopg.OperationalError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        interrupted = getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
        if interrupted or isinstance(original, psycopg.errors.QueryCanceled):
            raise Refused(503, "too-slow", "this search takes too long: use fewer words, or others") from error
        raise
    finally:
        if isinstance(driver, sqlite3.Connection):
            driver.set_progress_handler(None, 0)


def concerns_batch(error: Exception) -> bool:
    """Whether an error is not that of the item during which it came: the database or the memory is the matter."""
    return isinstance(error, Unavailable | MemoryError) or _is_away(error)


def _is_away(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        original = error.orig
        if error.connection_invalidated:
            return True
        return isinstance(error, OperationalError | InterfaceError) and not _concerns_statement(original)
    return isinstance(error, _DRIVER_ERRORS) and not _concerns_statement(error)


def _concerns_statement(error: BaseException | None) -> bool:
    """Whether an operational error would come with these values anywhere: too long for an index, too complex."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(error, psycopg.errors.ProgramLimitExceeded)


def _prepare_postgresql(connection: psycopg.Connection, _record: Any) -> None:
    connection.adapters.register_dumper(str, _TextWithoutNul)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and not before a SAVEPOINT or SELECT.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute("PRAGMA temp_store=MEMORY")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver_of(connection).execute("BEGIN")
