"""Webhooks of the providers: whether one is genuine, and which order it is about. Nothing else in it is believed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from services_stub.runtime import clock

TOLERANCE = 300
"""Seconds between the signing of a webhook and its arrival, at Stripe, which signs every attempt anew."""

RETRY_PERIOD = 24 * 3600 + TOLERANCE
"""Seconds for which Razorpay repeats a webhook, signed as it was first."""

_LARGEST_HEADER = 4096
_LARGEST_ID = 255

T = TypeVar("T")


class Forged(Exception):
    """It does not come from the provider, or not now."""


@dataclass(frozen=True)
class WebhookEvent:
    """An event of a provider. `order_id` is empty where it is about none of our orders."""

    event_id: str
    order_id: str


class WebhookReader(Protocol):
    """Knows the webhooks of one provider by their secret."""

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event in a request.

        Raises:
            Forged: it is not signed by the secret, is too old, or is no event.
        """


class _Metadata(msgspec.Struct, frozen=True):
    order_id: str = ""


class _StripeObject(msgspec.Struct, frozen=True):
    metadata: _Metadata | None = None


class _StripeData(msgspec.Struct, frozen=True):
    object: _StripeObject


class _StripeEvent(msgspec.Struct, frozen=True):
    id: str
    data: _StripeData


class StripeWebhooks:
    """`Stripe-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, with several v1 while a secret is rolled."""

    def __init__(self, secret: str, clock: Callable[[], float] = clock.seconds) -> None:
        self._secret, self._clock = secret.encode(), clock

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event in a request.

        Raises:
            Forged: it is not signed by the secret, is too old, or is no event.
        """
        header = headers.get("stripe-signature", "")[:_LARGEST_HEADER]
        fields = [field.strip().partition("=") for field in header.split(",")]
        signed_at = next((value for name, _, value in fields if name == "t"), "")
        expected = _signature(self._secret, signed_at.encode() + b"." + body)
        if not any(hmac.compare_digest(expected, value.encode()) for name, _, value in fields if name == "v1"):
            raise Forged("the signature is not one of the webhook secret")
        _check_age(signed_at, self._clock(), TOLERANCE)
        event = _decoded(body, _StripeEvent)
        metadata = event.data.object.metadata
        return WebhookEvent(f"stripe/{event.id[:_LARGEST_ID]}", metadata.order_id if metadata else "")


class _RazorpayEntity(msgspec.Struct, frozen=True):
    # Razorpay writes notes without members as a list.
    notes: _Metadata | list[object] | None = None
    receipt: str | None = None


class _RazorpayPart(msgspec.Struct, frozen=True):
    entity: _RazorpayEntity


class _RazorpayEvent(msgspec.Struct, frozen=True):
    payload: dict[str, _RazorpayPart]
    created_at: int


class RazorpayWebhooks:
    """`X-Razorpay-Signature: <HMAC-SHA256 of the body>`.

    The header `X-Razorpay-Event-Id` is not signed, so an event is known by its signed body as well: a repetition under
    another id is a repetition all the same.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = clock.seconds) -> None:
        self._secret, self._clock = secret.encode(), clock

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event in a request.

        Raises:
            Forged: it is not signed by the secret, has no id, is too old, or is no event.
        """
        expected = _signature(self._secret, body)
        if not hmac.compare_digest(expected, headers.get("x-razorpay-signature", "")[:_LARGEST_HEADER].encode()):
            raise Forged("the signature is not one of the webhook secret")
        if not headers.get("x-razorpay-event-id"):
            raise Forged("the header X-Razorpay-Event-Id is missing")
        event = _decoded(body, _RazorpayEvent)
        _check_age(str(event.created_at), self._clock(), RETRY_PERIOD)
        return WebhookEvent(f"razorpay/{hashlib.sha256(body).hexdigest()}", _order_id(event))


def _order_id(event: _RazorpayEvent) -> str:
    """The id of our order: in the notes of its payment or refund, or the receipt of Razorpay's order."""
    for part in event.payload.values():
        notes = part.entity.notes
        if isinstance(notes, _Metadata) and notes.order_id:
            return notes.order_id
    order = event.payload.get("order")
    return (order.entity.receipt or "") if order else ""


def _signature(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, message, hashlib.sha256).hexdigest().encode()


def _check_age(seconds: str, now: float, tolerance: float) -> None:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12 and abs(now - int(seconds)) <= tolerance):
        raise Forged(f"it was signed more than {tolerance} seconds ago, or in the future")


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Forged("the body is no event") from error
