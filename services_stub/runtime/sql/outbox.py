"""The outbox: events are rows of the transaction that makes them true, and records only after it.

Rows are produced right after the commit, from memory. `acknowledged` is the number up to which the broker has all of
them, kept in the database; what lies behind it is sent again after a crash, in order. The newest acknowledged rows are
retained, so that a broker that lost its log can be filled again; the consumers' inboxes make that harmless.

A replay goes key by key, that of the newest row first, and a few rows at a time: thousands at once would keep every
consumer busy for seconds. Many rows that a crash left behind are sent like that, too. What is new does not wait for
it, unless it has the key of a row that is still to be sent.

A row that the broker can never take (it is too large, say) would be sent for ever, with all rows behind it waiting. It
is set aside in a table of its own with the reason, and counts as done.

Everything here runs under the writer's lock, so nothing needs one of its own.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeAlias

import msgspec
import sqlalchemy as sa
import structlog
from msgspec.structs import asdict

from services_stub.runtime import clock
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import write
from services_stub.runtime.sql.transaction import OutboxRow

Pairs: TypeAlias = list[tuple[str, bytes]]

RETAINED = 20_000
"""How many acknowledged rows are kept for a replay."""

_MOST_REPLAYED = 3 * RETAINED
"""Rows in a replay: of one that a restart broke off there are as many more as were written since it began."""
_RESEND = 100
_REPLAYED_AT_ONCE = 50
_CATCH_UP_EVERY = 0.02
_LONGEST_REASON = 2000


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("headers", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.LargeBinary),
    ]


tables = sa.MetaData()
_outbox = sa.Table("outbox", tables, *_columns())
_state = sa.Table(
    "outbox_state",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("acknowledged", sa.BigInteger, nullable=False),
    sa.Column("cluster_id", sa.String(200), nullable=False),
)
_refused = sa.Table(
    "outbox_refused",
    tables,
    *_columns(),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("refused_at", sa.BigInteger, nullable=False),
)
_insert = sa.insert(_outbox)
_after = sa.select(_outbox).where(_outbox.c.seq > sa.bindparam("seq")).order_by(_outbox.c.seq).limit(_RESEND)
_chosen = sa.select(_outbox).where(_outbox.c.seq.in_(sa.bindparam("seqs", expanding=True)))
_acknowledge = sa.update(_state).where(_state.c.id == 1).values(acknowledged=sa.bindparam("acknowledged_to"))
_drop = sa.delete(_outbox).where(_outbox.c.seq <= sa.bindparam("up_to"))
_headers = msgspec.json.Decoder(Pairs)


class Sender(Protocol):
    """The part of a producer that the outbox needs."""

    def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Pairs, on_acknowledged: Any, on_refused: Any
    ) -> bool:
        """Queue a record; False where the queue is full. `on_refused` hears why it can never be sent."""

    def poll(self) -> None:
        """Call back for what was acknowledged."""


class Outbox:
    """The outbox of one database. Create it with the writer's connection, inside a transaction.

    `refused` is how many rows were set aside.
    """

    def __init__(self, connection: sa.Connection, sender: Sender, cluster_id: str) -> None:
        self._sender = sender
        state = connection.execute(sa.select(_state)).one_or_none()
        last = connection.scalar(sa.select(sa.func.max(_outbox.c.seq))) or 0
        if state is None:
            connection.execute(sa.insert(_state).values(id=1, acknowledged=0, cluster_id=cluster_id))
        self._acknowledged = self._sent = self._stored = 0 if state is None else state.acknowledged
        self._last = max(last, self._stored)
        self._done: set[int] = set()
        self._refusals: dict[int, str] = {}
        self._set_aside = 0
        # What is still to be replayed: the numbers of each key's rows, the newest first, as is the key of the newest.
        self._again: dict[bytes | None, list[int]] = {}
        self._catch_up_at = 0.0
        self.refused: int = connection.scalar(sa.select(sa.func.count()).select_from(_refused)) or 0
        self._behind = self._sent < self._last
        if state is not None and state.cluster_id != cluster_id:
            connection.execute(sa.update(_state).values(cluster_id=cluster_id))
            self.replay(connection)
        elif self._last - self._sent > _RESEND:  # a replay was broken off, or the broker was away
            self._pace(connection, sa.false())

    def replay(self, connection: sa.Connection, topic: str = "") -> None:
        """Send those rows of a topic, or of all, again that are retained and that the broker had acknowledged."""
        self._pace(connection, _outbox.c.topic == topic if topic else sa.true())

    def _pace(self, connection: sa.Connection, again: sa.ColumnElement[bool]) -> None:
        """Replay what is still to be sent, and those of the rows that the broker had acknowledged that are `again`."""
        sent = self._sent
        if self._last - sent <= _MOST_REPLAYED:  # else far more waits for the broker: in its order, after these
            self._sent = self._last
        found = sa.select(_outbox.c.seq, _outbox.c.key).where(sa.or_(_outbox.c.seq > sent, again))
        rows = connection.execute(found.where(_outbox.c.seq <= self._sent))
        waiting = {seq: key for key, seqs in self._again.items() for seq in seqs}
        # The others are on their way to the broker.
        waiting |= {seq: key for seq, key in rows if seq <= self._acknowledged or seq in self._done or seq > sent}
        first = min(waiting, default=self._last + 1)
        self._done.update(range(first, self._acknowledged + 1))
        self._done -= waiting.keys()
        self._stored = self._acknowledged = min(self._acknowledged, first - 1)
        connection.execute(sa.update(_state).values(acknowledged=self._stored))
        self._again, self._behind = {}, self._sent < self._last
        for seq in sorted(waiting, reverse=True):
            self._again.setdefault(waiting[seq], []).append(seq)

    def store(self, connection: sa.Connection, rows: list[OutboxRow], *, probing: bool = False) -> None:
        """Write the rows of a batch, and how far the broker has come, in the batch's transaction.

        `probing` writes that also where it has not changed, to see whether anything can be written.
        """
        if rows:
            kept = [asdict(row) | {"headers": msgspec.json.encode(row.headers)} for row in rows]
            write(connection, _insert, [{"seq": seq, **row} for seq, row in enumerate(kept, self._last + 1)])
        self._set_aside = sum(_set_aside(connection, seq, reason) for seq, reason in self._refusals.items())
        if self._acknowledged > self._stored or probing:
            write(connection, _acknowledge, [{"acknowledged_to": self._acknowledged}])
            if self._acknowledged // 1000 > self._stored // 1000:
                write(connection, _drop, [{"up_to": self._acknowledged - RETAINED}])

    def committed(self, rows: list[OutboxRow]) -> None:
        """The batch is committed: its rows are true now, and go to the broker."""
        self._stored = self._acknowledged
        self.refused += self._set_aside
        self._refusals.clear()
        for row in rows:
            self._last += 1
            if row.key in self._again and not self._behind:
                self._again[row.key].insert(0, self._last)
            elif self._behind or not self._send(self._last, row, row.headers):
                self._behind = True
                continue
            self._sent = self._last
        self._sender.poll()

    @property
    def behind(self) -> bool:
        """Whether there are committed rows that `catch_up` would send now."""
        return bool(self._again or self._behind) and time.monotonic() >= self._catch_up_at

    def pending(self) -> bool:
        """Whether anything is still to be sent, acknowledged or written down."""
        return self._acknowledged < self._last or self._stored < self._acknowledged

    def backlog(self) -> int:
        """How many records the broker has not acknowledged."""
        return self._last - self._acknowledged

    def poll(self) -> bool:
        """Hear of acknowledgements; whether there is something new to write down."""
        self._sender.poll()
        return self._acknowledged > self._stored

    def catch_up(self, connection: sa.Connection) -> None:
        """Send some rows of a replay, or those that were not sent when they were committed, or before a crash.

        The next call is due a little later: a replay is paced, and a queue that is full has no room at once.
        """
        self._catch_up_at = time.monotonic() + _CATCH_UP_EVERY
        if self._again:
            self._replay_some(connection)
        while self._behind and not self._again:
            rows = connection.execute(_after, {"seq": self._sent}).all()
            for row in rows:
                if not self._send(row.seq, row, _headers.decode(row.headers)):
                    return
                self._sent = row.seq
            self._behind = bool(rows) and self._sent < self._last

    def _replay_some(self, connection: sa.Connection) -> None:
        of_all = (seq for seqs in self._again.values() for seq in reversed(seqs))
        chosen = list(islice(of_all, _REPLAYED_AT_ONCE))
        rows = {row.seq: row for row in connection.execute(_chosen, {"seqs": chosen})}
        for row in (rows[seq] for seq in chosen):
            if not self._send(row.seq, row, _headers.decode(row.headers)):
                return
            self._again[row.key].pop()
            if not self._again[row.key]:
                del self._again[row.key]

    def _send(self, seq: int, row: Any, headers: Pairs) -> bool:
        on_acknowledged, on_refused = partial(self._on_acknowledged, seq), partial(self._on_refused, seq)
        return self._sender.send(row.topic, row.key, row.value, headers, on_acknowledged, on_refused)

    def _on_acknowledged(self, seq: int) -> None:
        self._done.add(seq)
        while self._acknowledged + 1 in self._done:
            self._acknowledged += 1
            self._done.remove(self._acknowledged)

    def _on_refused(self, seq: int, reason: str) -> None:
        self._refusals[seq] = reason
        self._on_acknowledged(seq)


def _set_aside(connection: sa.Connection, seq: int, reason: str) -> int:
    """Copy a row to those that were refused; 0 where it lies there already."""
    row = connection.execute(sa.select(_outbox).where(_outbox.c.seq == seq)).one()
    values = {**row._mapping, "reason": reason[:_LONGEST_REASON], "refused_at": clock.microseconds()}
    # After a broker lost its log, the replay meets the same refusal again.
    added = connection.execute(InsertOrIgnore(_refused).values(values)).rowcount
    text, size = "the broker refuses a record for good; it is set aside in outbox_refused", len(row.value or b"")
    structlog.get_logger().error(text, topic=row.topic, seq=seq, bytes=size, reason=reason)
    return added
