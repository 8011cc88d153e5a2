"""An example of each event, made from its class: every field filled with a value that its readers accept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from services_stub.contracts.base import Event

_ID = "0199a1b2-0000-7000-8000-00000000000"
_TEXTS = {
    "userId": _ID + "1",
    "sellerId": _ID + "2",
    "productId": _ID + "3",
    "orderId": "6f1c1d5e-3f0a-5b8e-9a55-000000000004",
    "paymentId": _ID + "5",
    "notificationId": _ID + "6",
    "eventId": _ID + "7",
    "correlationId": "6f1c1d5e-3f0a-5b8e-9a55-000000000004",
    "about": "6f1c1d5e-3f0a-5b8e-9a55-000000000004",
    "email": "ada@example.org",
    "role": "user",
    "name": "Red mug",
    "category": "Kitchen",
    "currency": "USD",
    "phone": "+44 20 7946 0000",
    "paymentMethod": "pm_card_visa",
    "channel": "email",
    "template": "order-placed",
    "topic": "order-created",
    "deadLetterId": "order-created.dlq[0]@17",
    "group": "payment",
    "reason": "a word or two",
}


def example_of(event: type[Event]) -> Event:
    """An event of this class."""
    found: Event = msgspec.convert(_value(inspect.type_info(event), ""), event)
    return found


def _value(kind: inspect.Type, name: str) -> Any:
    match kind:
        case inspect.StructType():
            return {field.encode_name: _value(field.type, field.encode_name) for field in kind.fields}
        case inspect.ListType() | inspect.VarTupleType():
            return [_value(kind.item_type, name)]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.UnionType():
            return _value(kind.types[0], name)
        case inspect.Metadata():
            return _value(kind.type, name)
        case inspect.StrType():
            return _TEXTS.get(name, name)
        case inspect.IntType():
            return max(1, kind.ge or 1)
        case inspect.FloatType():
            return 1.0
        case inspect.BoolType():
            return True
        case inspect.DecimalType():
            return Decimal("12.50")
        case inspect.DictType():
            return {}
    return None
