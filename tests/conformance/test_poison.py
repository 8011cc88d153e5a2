"""One item that fails, whatever it raises and wherever, on each kind of database: it fails alone, the rest goes on."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, insert, select

from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.trace import HopOutcome
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.errors import Poison, Unavailable
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.in_database import InDatabase
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.outbox import tables as outbox_tables
from services_stub.runtime.sql.transaction import NO_CAUSE, Received, Transaction
from services_stub.runtime.sql.writer import Command, Writer
from tests.unit.runtime.sample_service import HeldSender, names, new_writer, order_created, record_of, things
from tests.unit.runtime.test_consumer import Hops, Source

numbers = Table("numbers", MetaData(), Column("number", BigInteger, primary_key=True))


def deep(depth: int) -> Any:
    return deep(depth + 1)


def too_large_a_number(transaction: Transaction) -> None:
    transaction.execute(insert(numbers), {"number": 2**70})


def too_large_a_number_at_the_end_of_the_batch(transaction: Transaction) -> None:
    transaction.append(numbers, {"number": 2**70})


def lone_surrogate(transaction: Transaction) -> None:
    transaction.append(things, {"name": "\ud800"})


def no_value(transaction: Transaction) -> None:
    transaction.execute(insert(things), {"name": None})


def no_column(transaction: Transaction) -> None:
    transaction.connection.exec_driver_sql("SELECT no_such_column FROM things")


def raises(error: BaseException) -> Callable[[Transaction], None]:
    def fail(_transaction: Transaction) -> None:
        raise error

    return fail


BUGS: dict[str, Callable[[Transaction], None]] = {
    "RuntimeError": raises(RuntimeError("a bug")),
    "LookupError": raises(LookupError("a bug")),
    "OSError": raises(OSError("a bug")),
    "StopIteration": raises(StopIteration("a bug")),
    "RecursionError": lambda _transaction: deep(0),
    "text that cannot be shown": raises(ValueError("\ud800" * 100_000)),
    "too large a number": too_large_a_number,
    "too large a number at the end of the batch": too_large_a_number_at_the_end_of_the_batch,
    "lone surrogate": lone_surrogate,
    "a constraint": no_value,
    "a statement of its own": no_column,
}


def handle_order(transaction: Transaction, received: Received[OrderCreated]) -> None:
    event = received.event
    transaction.execute(insert(things), {"name": event.order_id})
    if event.payment_method in BUGS:
        BUGS[event.payment_method](transaction)


def fail(error: BaseException) -> None:
    raise error


def consume(writer: Writer, records: list[Record], hops: Hops | None = None) -> Source:
    """Have the records consumed as one batch; the source, which knows what was committed."""
    source = Source([records])
    handling = InDatabase("test", writer, {OrderCreated: handle_order})
    loop = Consumer(
        "test", [OrderCreated], cast("RecordSource", source), handling, cast("HopReporter", hops or Hops()), fail
    )
    loop._stopping.set()  # the pauses between attempts end at once
    loop.step()
    return source


@pytest.fixture
def writer(database: Database) -> Any:
    with database.engine.begin() as connection:
        numbers.drop(connection, checkfirst=True)
        numbers.create(connection)
    made = new_writer(database, HeldSender())
    made.start()
    yield made
    made.stop(0.1)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_that_one_event_provokes_becomes_its_dead_letter(database: Database, writer: Writer, bug: str) -> None:
    sender = cast("HeldSender", writer.outbox._sender)
    hops = Hops()
    records = [
        record_of(order_created("a")),
        record_of(order_created("b", bug), offset=1),
        record_of(order_created("c"), offset=2),
    ]
    source = consume(writer, records, hops)
    assert names(database) == ["a", "c"]
    assert source.committed == [0, 1, 2]
    assert hops.outcomes == [HopOutcome.HANDLED, HopOutcome.DEAD_LETTER, HopOutcome.HANDLED]
    assert [topic for topic, _key, _value in sender.taken] == ["order-created.dlq"]
    about = {name: value.decode() for name, value in sender.headers[0]}
    assert about["dlq_attempt"] == "3"
    assert len(about["dlq_error"]) <= 2000
    assert "a bug in each of 3 attempts" in about["dlq_error"]
    assert ("handle_order" in about["dlq_error"]) is not bug.endswith(("at the end of the batch", "lone surrogate"))
    consume(writer, records)
    assert len(sender.taken) == 1


def test_a_bug_that_goes_away_is_handled_by_a_later_attempt(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def fail_twice(_transaction: Transaction) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise KeyError("not there yet")

    monkeypatch.setitem(BUGS, "twice", fail_twice)
    hops = Hops()
    consume(writer, [record_of(order_created("a", "twice")), record_of(order_created("b"))], hops)
    assert names(database) == ["a", "b"]
    assert hops.outcomes == [HopOutcome.HANDLED, HopOutcome.HANDLED]
    assert len(attempts) == 3


def test_a_dependency_that_is_away_in_a_handler_holds_the_batch_back(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUGS, "away", raises(Unavailable("away")))
    source = consume(writer, [record_of(order_created("a")), record_of(order_created("b", "away"))])
    assert source.committed == []
    assert names(database) == []


def test_no_memory_ends_the_process(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUGS, "memory", raises(MemoryError()))
    writer = new_writer(database, HeldSender())
    transaction_of: Any = functools.partial(handle_order)
    command = record_of(order_created("a", "memory"))
    with pytest.raises(MemoryError):
        run_commands(writer, transaction_of, [received(command)])


@pytest.mark.parametrize("method", ["RuntimeError", "poison"])
def test_a_dead_letter_is_handled_when_it_is_sent_again_and_the_cause_is_gone(
    database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setitem(BUGS, "poison", raises(Poison("not yet")))
    sender = cast("HeldSender", writer.outbox._sender)
    record = record_of(order_created("a", method))
    again = msgspec.structs.replace(record, offset=1, headers=[*record.headers, (SENT_AGAIN_TO, b"test")])
    hops = Hops()
    consume(writer, [record], hops)
    consume(writer, [again], hops)
    monkeypatch.setitem(BUGS, method, lambda _transaction: None)
    for _ in range(2):
        consume(writer, [msgspec.structs.replace(again, offset=2)], hops)
    dead, handled, duplicate = HopOutcome.DEAD_LETTER, HopOutcome.HANDLED, HopOutcome.DUPLICATE
    assert hops.outcomes == [dead, dead, handled, duplicate]
    assert names(database) == ["a"]
    assert [topic for topic, _key, _value in sender.taken] == ["order-created.dlq"] * 2


def test_a_record_that_was_sent_again_to_another_group_is_none_of_this_ones(database: Database, writer: Writer) -> None:
    record = record_of(order_created("a"))
    elsewhere = msgspec.structs.replace(record, headers=[*record.headers, (SENT_AGAIN_TO, b"another")])
    broken = msgspec.structs.replace(elsewhere, offset=1, value=b"{")
    hops = Hops()
    source = consume(writer, [elsewhere, broken, record_of(order_created("b"), offset=2)], hops)
    assert source.committed == [0, 1, 2]
    assert hops.outcomes == [HopOutcome.HANDLED]
    assert names(database) == ["b"]
    assert cast("HeldSender", writer.outbox._sender).taken == []


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_a_command_is_its_callers_alone(database: Database, writer: Writer, bug: str) -> None:
    events = [received(record_of(order_created(name, method))) for name, method in (("a", ""), ("b", bug), ("c", ""))]
    results = run_commands(writer, handle_order, events)
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert not isinstance(results[1], Unavailable)
    assert names(database) == ["a", "c"]


def test_poison_at_the_same_offset_of_another_cluster_is_another_record(database: Database) -> None:
    poison = Record("order-created", 0, 7, b"k", b"{", [], 0)
    for cluster in ("before", "after", "after"):
        sender = HeldSender()
        writer = new_writer(database, sender, cluster)
        if database.waits:
            writer.start()
        consume(writer, [poison])
        sender.acknowledge()
        writer.stop(5) if database.waits else writer.write([])
    with database.connect() as connection, connection.begin():
        dead_letters = connection.execute(select(outbox_tables.tables["outbox"])).all()
    assert len(dead_letters) == 2


def test_a_row_that_is_refused_for_good_is_set_aside_and_holds_nothing_up(database: Database) -> None:
    sender = HeldSender()
    sender.refuses = {b"b"}
    writer = new_writer(database, sender)
    run_commands(writer, publish, ["a", "b", "c"])
    assert sender.keys() == ["a", "c"]
    sender.acknowledge()
    writer.write([])
    assert not writer.outbox.pending()
    assert writer.outbox.refused == 1
    with database.connect() as connection, connection.begin():
        (row,) = connection.execute(select(outbox_tables.tables["outbox_refused"])).all()
    assert (row.seq, row.topic, row.key, row.reason) == (2, "payment-failed", b"b", "too large")
    restarted = new_writer(database, sender)
    assert restarted.outbox.refused == 1
    assert not restarted.outbox.behind


def test_a_row_that_was_stuck_before_is_set_aside_at_the_next_start(database: Database) -> None:
    run_commands(new_writer(database, HeldSender()), publish, ["a", "b", "c"])
    sender = HeldSender()
    sender.refuses = {b"a"}
    restarted = new_writer(database, sender)
    restarted.write([])
    sender.acknowledge()
    restarted.write([])
    assert sender.keys() == ["b", "c"]
    assert not restarted.outbox.pending()
    assert restarted.outbox.refused == 1


def test_a_refused_row_is_counted_once_though_the_broker_loses_its_log(database: Database) -> None:
    sender = HeldSender()
    sender.refuses = {b"a"}
    for cluster in ("first", "second"):
        writer = new_writer(database, sender, cluster)
        run_commands(writer, publish, ["a"] if cluster == "first" else [])
        writer.write([])
        writer.write([])
        assert writer.outbox.refused == 1
        assert not writer.outbox.pending()


def publish(transaction: Transaction, name: str) -> None:
    from services_stub.contracts.events import PaymentFailed

    transaction.publish(PaymentFailed(order_id=name, reason="test"))


def received(record: Record) -> Any:
    from services_stub.runtime.decoding import EventDecoder

    return EventDecoder([OrderCreated]).decode(record)


def run_commands(writer: Writer, handler: Any, commands: list[Any]) -> list[Any]:
    """Write the commands as one batch; their results and errors."""

    async def submit() -> list[Any]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in commands]
        with writer._write_lock:
            writer.write([Command(handler, command, NO_CAUSE, f) for command, f in zip(commands, futures, strict=True)])
        return list(await asyncio.gather(*futures, return_exceptions=True))

    return asyncio.run(submit())
