"""Replays of an outbox, on each kind of database: in order per key, and without holding up what is new."""

from __future__ import annotations

import pytest

from services_stub.contracts.events import PaymentFailed, PaymentRefunded
from services_stub.contracts.money import money
from services_stub.contracts.topics import PAYMENT_FAILED, PAYMENT_REFUNDED
from services_stub.runtime.sql import outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.transaction import Transaction
from services_stub.runtime.sql.writer import Writer
from tests.conformance.test_writer import run_commands
from tests.unit.runtime.sample_service import HeldSender, new_writer


def test_a_broker_that_lost_its_log_gets_everything_that_was_retained(database: Database) -> None:
    first = HeldSender()
    writer = new_writer(database, first, "before")
    run_commands(writer, ["a", "b"])
    first.acknowledge()
    writer.write([])
    second = HeldSender()
    new_writer(database, second, "after").write([])
    assert sorted(second.keys()) == ["a", "b"]


def publish(transaction: Transaction, name: str) -> None:
    """A command that publishes an event of a thing."""
    transaction.publish(PaymentFailed(order_id=name, reason="again"))


def catch_up(writer: Writer) -> None:
    """Send what is to be sent next, without waiting for the moment."""
    with writer._connection.begin():
        writer.outbox.catch_up(writer._connection)


def test_a_replay_goes_key_by_key_a_few_rows_at_a_time_and_what_is_new_does_not_wait_for_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_REPLAYED_AT_ONCE", 2)
    monkeypatch.setattr(outbox, "_CATCH_UP_EVERY", 3600.0)
    first = HeldSender()
    writer = new_writer(database, first, "before")
    for names_of_batch in ("abc", "ad", "b"):
        run_commands(writer, names_of_batch, publish)
    first.acknowledge()
    writer.write([])
    second = HeldSender()
    restarted = new_writer(database, second, "after")
    sent = ["b", "b"]
    restarted.write([])
    assert second.keys() == sent
    # A key of which all was sent, a new one, and one of which rows are still to come.
    run_commands(restarted, "bna", publish)
    sent += ["b", "n"]
    assert second.keys() == sent
    for piece in (["d", "a"], ["a", "a"], ["c"]):
        catch_up(restarted)
        sent += piece
        assert second.keys() == sent
    assert not restarted.outbox.behind
    run_commands(restarted, "a", publish)
    assert second.keys() == [*sent, "a"]
    second.acknowledge()
    restarted.write([])
    assert not restarted.outbox.pending()
    numbers = [dict(headers)["ce_id"] for headers in second.headers]
    assert len(set(numbers)) == len(numbers) == 10


def test_a_replay_is_gone_on_with_where_a_full_queue_broke_it_off(database: Database) -> None:
    first = HeldSender()
    writer = new_writer(database, first, "before")
    run_commands(writer, "abc", publish)
    second = HeldSender(room=2)
    restarted = new_writer(database, second, "after")
    restarted.write([])
    run_commands(restarted, "xay", publish)
    assert second.keys() == ["c", "b"]
    second.room = 100
    catch_up(restarted)
    assert second.keys() == ["c", "b", "a", "x", "a", "y"]


def test_what_is_new_does_not_wait_for_a_replay_that_a_crash_broke_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_RESEND", 2)
    monkeypatch.setattr(outbox, "_REPLAYED_AT_ONCE", 1)
    monkeypatch.setattr(outbox, "_CATCH_UP_EVERY", 3600.0)
    run_commands(new_writer(database, HeldSender()), "aba", publish)
    sender = HeldSender()
    restarted = new_writer(database, sender)
    restarted.write([])
    run_commands(restarted, "nb", publish)
    for _ in "abb":
        catch_up(restarted)
    assert sender.keys() == ["a", "n", "a", "b", "b"]
    sender.acknowledge()
    restarted.write([])
    assert not restarted.outbox.pending()


def test_what_is_new_does_not_wait_either_where_the_log_is_lost_again_during_a_replay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RETAINED", 3)
    monkeypatch.setattr(outbox, "_REPLAYED_AT_ONCE", 1)
    monkeypatch.setattr(outbox, "_CATCH_UP_EVERY", 3600.0)
    first = HeldSender()
    writer = new_writer(database, first, "before")
    run_commands(writer, "abc", publish)
    first.acknowledge()
    writer.write([])
    run_commands(new_writer(database, HeldSender(), "after"), "d", publish)
    third = HeldSender()
    restarted = new_writer(database, third, "another")
    run_commands(restarted, "n", publish)
    assert third.keys() == ["n", "d"]


def test_what_is_more_than_a_replay_may_hold_in_memory_is_sent_again_in_its_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_MOST_REPLAYED", 3)
    run_commands(new_writer(database, HeldSender(), "before"), "abca", publish)
    second = HeldSender()
    new_writer(database, second, "after").write([])
    assert second.keys() == ["a", "b", "c", "a"]


def test_what_the_log_lost_is_sent_again_on_request_also_after_a_crash(database: Database) -> None:
    first = HeldSender()
    writer = new_writer(database, first)
    run_commands(writer, ["a", "b"])
    first.acknowledge()
    writer.write([])
    for topic in ("payment-failed", "order-created"):  # of the second nothing was ever published
        writer.replay(topic)
    writer.drain()
    assert first.keys() == ["a", "b", "b", "a"]
    second = HeldSender()
    new_writer(database, second).write([])
    assert second.keys() == ["a", "b"]


def test_what_is_being_sent_again_is_not_begun_anew_by_further_requests(database: Database) -> None:
    sender = HeldSender()
    writer = new_writer(database, sender)
    run_commands(writer, ["a", "b"])
    sender.acknowledge()
    for _ in range(3):
        writer.replay("payment-failed")
        writer.drain()
    assert sender.keys() == ["a", "b", "b", "a"]
    sender.acknowledge()
    writer.replay("payment-failed")
    writer.outbox._catch_up_at = 0.0
    writer.drain()
    assert sender.keys() == ["a", "b", *"ba" * 2]


def test_a_replay_of_one_topic_does_not_stand_in_for_that_of_another(database: Database) -> None:
    def refund(transaction: Transaction, name: str) -> None:
        transaction.publish(PaymentRefunded(order_id=name, payment_id=name, amount=money("1.00"), reason="again"))

    sender = HeldSender()
    writer = new_writer(database, sender)
    run_commands(writer, "ac", refund)
    run_commands(writer, "b", publish)
    sender.acknowledge()
    for topic in (PAYMENT_FAILED, PAYMENT_REFUNDED):
        writer.replay(topic)
        writer.drain()
        writer.outbox._catch_up_at = 0.0
    assert sender.keys() == [*"acb", "b", *"ca"]


def test_what_a_replay_has_sent_and_the_log_lost_again_is_sent_once_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_REPLAYED_AT_ONCE", 1)
    sender = HeldSender()
    writer = new_writer(database, sender)
    run_commands(writer, "abc", publish)
    for _ in range(2):
        sender.acknowledge()
        writer.replay(PAYMENT_FAILED)
        writer.outbox._catch_up_at = 0.0
        writer.drain()
    for _ in "ba":
        catch_up(writer)
    assert sender.keys() == [*"abc", "c", *"cba"]
    sender.acknowledge()
    writer.write([])
    assert not writer.outbox.pending()


def test_old_acknowledged_rows_are_dropped(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "RETAINED", 10)
    sender = HeldSender()
    writer = new_writer(database, sender)
    for batch in range(12):
        run_commands(writer, [f"{batch}-{number}" for number in range(100)])
        sender.acknowledge()
        writer.write([])
    replayed = HeldSender()
    new_writer(database, replayed, "another cluster").write([])
    assert len(replayed.keys()) < 400
    assert replayed.keys().count("11-99") == 1
