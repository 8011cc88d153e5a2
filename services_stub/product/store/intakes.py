"""Statements on the intakes of stock: which were carried out, under which key, and what was answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.bulk import BulkChange
from services_stub.contracts.times import to_microseconds
from services_stub.product.store.tables import intakes
from services_stub.runtime.sql.transaction import Transaction

RETENTION = timedelta(days=7)

_insert = insert(intakes)
_one = select(intakes).where(intakes.c.seller_id == bindparam("seller"), intakes.c.intake_key == bindparam("key"))
_expired = delete(intakes).where(intakes.c.created_at < bindparam("before"))
_answer = msgspec.json.Decoder(BulkChange)


def find(transaction: Transaction, seller_id: str, key: str) -> Any | None:
    """The intake of a seller under a key."""
    rows = transaction.fetch(_one, {"seller": seller_id, "key": key})
    return rows[0] if rows else None


def add(transaction: Transaction, seller_id: str, key: str, fingerprint: str, answer: BulkChange) -> None:
    """Keep an intake with its answer, and forget those that are older than `RETENTION`."""
    transaction.write(_expired, {"before": to_microseconds(transaction.now - RETENTION)})
    row = {
        "seller_id": seller_id,
        "intake_key": key,
        "fingerprint": fingerprint,
        "answer": encode_json(answer).decode(),
        "created_at": to_microseconds(transaction.now),
    }
    transaction.write(_insert, row)


def answer_of(row: Any) -> BulkChange:
    """The answer that was given to an intake."""
    return _answer.decode(row.answer)
