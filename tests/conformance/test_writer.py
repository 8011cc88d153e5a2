"""The writer, the outbox and the inbox on each kind of database: what is committed is sent, once each, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.trace import HopOutcome
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.handling import Item
from services_stub.runtime.in_database import InDatabase
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql import outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.transaction import NO_CAUSE, Transaction
from services_stub.runtime.sql.writer import Command, Writer
from tests.unit.runtime.sample_service import (
    HeldSender,
    add_thing,
    names,
    new_writer,
    on_order_created,
    order_created,
    record_of,
    things,
)


def run_commands(
    writer: Writer, commands: Sequence[str], handler: Callable[[Transaction, str], Any] = add_thing
) -> list[Any]:
    """Submit the commands together, take one step, and give their results and errors."""

    async def submit() -> list[Any]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in commands]
        writer.write([Command(handler, name, NO_CAUSE, f) for name, f in zip(commands, futures, strict=True)])
        return list(await asyncio.gather(*futures, return_exceptions=True))

    return asyncio.run(submit())


def handle(writer: Writer, records: Sequence[Record]) -> list[HopOutcome]:
    """Handle a batch of records as the consumer would, with the writer at work."""
    decoder = EventDecoder([OrderCreated])
    items: list[Item] = [(record, decoder.decode(record)) for record in records]
    return InDatabase("test", writer, {OrderCreated: on_order_created})(items, 1).outcomes


def test_a_refused_command_and_a_bug_fail_alone(database: Database) -> None:
    sender = HeldSender()
    results = run_commands(new_writer(database, sender), ["a", "refuse", "bug", "b"])
    assert results[0] == "A"
    assert results[3] == "B"
    assert isinstance(results[1], Refused)
    assert isinstance(results[2], ValueError)
    assert names(database) == ["a", "b"]
    assert sender.keys() == ["a", "b"]


def note(transaction: Transaction, name: str) -> None:
    """A command that leaves its work to the end of the batch, and fails where its name says so."""
    transaction.defer(note_all, name)
    if name == "refuse":
        raise Refused(409, "no", "refused")


def note_all(transaction: Transaction, found: list[str]) -> None:
    """The work at the end of a batch: a row for each name, in one statement."""
    if "bug" in found:
        raise RuntimeError("a bug")
    transaction.execute(insert(things), [{"name": name} for name in found])
    batches.append(found)


batches: list[list[str]] = []


def test_deferred_work_gets_what_the_batch_has_for_it_without_what_failed(database: Database) -> None:
    batches.clear()
    run_commands(new_writer(database, HeldSender()), ["a", "refuse", "b"], note)
    assert (batches, names(database)) == ([["a", "b"]], ["a", "b"])


def test_a_batch_whose_deferred_work_fails_is_tried_entry_by_entry(database: Database) -> None:
    results = run_commands(new_writer(database, HeldSender()), ["a", "bug", "b"], note)
    assert [type(result) for result in results] == [type(None), RuntimeError, type(None)]
    assert names(database) == ["a", "b"]


def test_events_are_sent_again_after_a_crash_in_order(database: Database) -> None:
    first = HeldSender()
    writer = new_writer(database, first)
    run_commands(writer, ["a", "b", "c"])
    first.acknowledge(0)
    writer.write([])
    second = HeldSender()
    restarted = new_writer(database, second)
    restarted.write([])
    assert second.keys() == ["b", "c"]
    second.acknowledge()
    restarted.write([])
    assert not restarted.outbox.pending()
    third = HeldSender()
    new_writer(database, third).write([])
    assert third.keys() == []


def test_an_acknowledgement_out_of_order_loses_nothing(database: Database) -> None:
    first = HeldSender()
    writer = new_writer(database, first)
    run_commands(writer, ["a", "b", "c"])
    first.acknowledge(1, 2)
    writer.write([])
    second = HeldSender()
    new_writer(database, second).write([])
    assert second.keys() == ["a", "b", "c"]


def test_a_full_queue_holds_events_back_without_reordering(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_CATCH_UP_EVERY", 3600.0)
    sender = HeldSender(room=2)
    writer = new_writer(database, sender)
    run_commands(writer, ["a", "b", "c"])
    sender.room = 100
    run_commands(writer, ["d"])
    # Rows are not read again with every batch that is written meanwhile, only to find the queue as full as it was.
    assert sender.keys() == ["a", "b"]
    assert writer.outbox.pending()
    writer.outbox._catch_up_at = 0.0
    run_commands(writer, ["e"])
    assert sender.keys() == ["a", "b", "c", "d", "e"]
    assert not writer.outbox.behind


def test_an_event_that_comes_twice_has_one_effect(database: Database) -> None:
    sender = HeldSender()
    writer = new_writer(database, sender)
    writer.start()
    record = record_of(order_created("a"), event_id="e1")
    assert handle(writer, [record, record]) == [HopOutcome.HANDLED, HopOutcome.DUPLICATE]
    assert handle(writer, [record]) == [HopOutcome.DUPLICATE]
    writer.stop(0.1)
    assert names(database) == ["a"]
    assert sender.keys() == ["a"]


def test_poison_and_refusals_do_not_hold_up_the_rest(database: Database) -> None:
    sender = HeldSender()
    writer = new_writer(database, sender)
    writer.start()
    records = [
        record_of(order_created("a")),
        record_of(order_created("p", "poison"), offset=7),
        record_of(order_created("r", "refuse")),
        Record("order-created", 0, 9, None, b"{broken", [], 0),
        record_of(order_created("b")),
    ]
    outcomes = handle(writer, records)
    writer.stop(0.1)
    assert outcomes == [
        HopOutcome.HANDLED,
        HopOutcome.DEAD_LETTER,
        HopOutcome.REJECTED,
        HopOutcome.DEAD_LETTER,
        HopOutcome.HANDLED,
    ]
    assert names(database) == ["a", "b"]
    assert [topic for topic, _key, _value in sender.taken] == [
        "payment-failed",
        "order-created.dlq",
        "order-created.dlq",
        "payment-failed",
    ]
    assert sender.taken[2][2] == b"{broken"


def test_a_database_that_takes_nothing_is_silent_until_it_does_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = new_writer(database, HeldSender())
    store = writer.outbox.store

    def refuse(*_arguments: object, **_options: object) -> None:
        raise Unavailable("database: database or disk is full")

    monkeypatch.setattr(writer.outbox, "store", refuse)
    writer.write([])
    assert writer.silence() > 0
    monkeypatch.setattr(writer.outbox, "store", store)
    writer.write([])
    assert writer.silence() == 0
