"""JSON as this project writes it: bodies, events and stored values are encoded in this one place."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def encode_json(value: Any) -> bytes:
    """`value` as JSON in UTF-8: amounts as numbers with two decimals, no spaces."""
    return _encoder.encode(value)


def indented_json(value: Any) -> str:
    """The same for people: in lines, indented."""
    return msgspec.json.format(encode_json(value)).decode()
