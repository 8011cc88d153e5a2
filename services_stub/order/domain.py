"""The rules of orders apart from their life: ids, amounts, and when a request is a repetition."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal

from uuid_utils import UUID, uuid5

from services_stub.contracts.money import ZERO, to_cents

_ORDERS = UUID("6f1c0f5e-8a0b-5c53-9d3a-2f6b8e1d7a40")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def is_idempotency_key(key: str) -> bool:
    """Whether `key` is one: 1 to 128 visible ASCII characters."""
    return _KEY.fullmatch(key) is not None


def order_id_for(user_id: str, idempotency_key: str) -> str:
    """The id of the order that a shopper places under a key: the same however often, and after a crash, they try.

    Everything that placing does in other services is idempotent by it.
    """
    return str(uuid5(_ORDERS, f"{user_id}\n{idempotency_key}"))


def fingerprint_of(payment_method: str, expected_amount: Decimal | None) -> str:
    """A text that tells a repeated request from another one under the same key."""
    expected = "" if expected_amount is None else str(to_cents(expected_amount))
    return hashlib.blake2b(f"{expected}\n{payment_method}".encode(), digest_size=16).hexdigest()


def total(lines: Iterable[tuple[int, Decimal]]) -> Decimal:
    """The price of lines of (quantity, unit price) together."""
    return sum((quantity * unit_price for quantity, unit_price in lines), ZERO)
