"""Opaque cursors of lists: the sort key of the last row, so that pages stay right while rows come and go."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

from services_stub.contracts.problem import FieldError
from services_stub.runtime.errors import Refused

Value = str | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""What a database can compare: text, and whole numbers of 64 bits."""


def encode_cursor(values: list[Value]) -> str:
    """The cursor that names the row with these sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


def decode_cursor(cursor: str, types: tuple[type, ...]) -> list[Value]:
    """The sort values of a cursor.

    Raises:
        Refused: it is none of ours, or belongs to a list with another order.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Value])
    except (msgspec.MsgspecError, binascii.Error, UnicodeError):
        values = []
    if len(values) != len(types) or not all(isinstance(value, kind) for value, kind in zip(values, types, strict=True)):
        errors = [FieldError(field="cursor", message="not a cursor of this list")]
        raise Refused(400, "invalid-input", "`cursor` is not a cursor of this list", errors=errors)
    return values
