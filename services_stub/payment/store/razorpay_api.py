"""Razorpay's HTTP API: the entities that payments need, requests, and what its errors mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from services_stub.payment.domain import ProviderUnavailable

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_NOT_APPLICABLE = "NA"
_INVALID_INPUT = "input_validation_failed"

T = TypeVar("T")
Notes = dict[str, Any] | list[Any] | None
"""Razorpay writes notes without members as a list."""


class RazorpayError(msgspec.Struct, frozen=True):
    """The `error` of an answer, or of a payment that failed. The description is left out."""

    code: str | None = None
    reason: str | None = None
    step: str | None = None
    field: str | None = None

    @property
    def is_unknown_id(self) -> bool:
        """Whether a customer or a card is not known; then no field is named, or that one."""
        return self.reason == _INVALID_INPUT and self.field in (None, "token", "customer_id")


class Payment(msgspec.Struct, frozen=True):
    """A payment of an order."""

    id: str
    status: str
    amount: int
    amount_refunded: int | None = 0
    error_code: str | None = None
    error_reason: str | None = None
    error_step: str | None = None
    created_at: int = 0

    @property
    def left(self) -> int:
        """The part of the amount that was not given back."""
        return self.amount - (self.amount_refunded or 0)

    @property
    def error(self) -> RazorpayError:
        """The reason why it failed."""
        return RazorpayError(self.error_code, self.error_reason, self.error_step)


class _Payments(msgspec.Struct, frozen=True):
    items: list[Payment]


class Order(msgspec.Struct, frozen=True):
    """An order at Razorpay."""

    id: str
    amount: int
    receipt: str | None = None
    notes: Notes = None
    payments: _Payments | None = None
    created_at: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether nothing shall be taken for it any more."""
        return isinstance(self.notes, dict) and self.notes.get("closed") == "true"

    @property
    def payments_made(self) -> list[Payment]:
        """Its payments, where they were asked for."""
        return self.payments.items if self.payments else []


class Customer(msgspec.Struct, frozen=True):
    """A customer, whose address and number go along with a payment."""

    email: str | None = None
    contact: str | None = None


class Refund(msgspec.Struct, frozen=True):
    """A refund of a payment. One that has failed has left the money where it was."""

    id: str
    amount: int
    status: str
    notes: Notes = None

    def note(self, name: str) -> str | None:
        """One of its notes."""
        return self.notes.get(name) if isinstance(self.notes, dict) else None


class _Collection(msgspec.Struct, frozen=True):
    items: list[msgspec.Raw]


class _ErrorBody(msgspec.Struct, frozen=True):
    error: RazorpayError


class RazorpayRefused(Exception):
    """Razorpay will not do what it was asked for, however often it is asked."""

    def __init__(self, error: RazorpayError) -> None:
        super().__init__(reason_of(error))
        self.error = error


class RazorpayApi:
    """Requests to the API at `url` with `<key id>:<key secret>`, on up to `connections` connections.

    Any thread may ask. Requests raise RazorpayRefused, or ProviderUnavailable for all that may succeed another time.
    """

    def __init__(self, key: str, url: str, connections: int, transport: httpx.BaseTransport | None) -> None:
        key_id, _, secret = key.partition(":")
        self._client = httpx.Client(
            base_url=url,
            auth=(key_id, secret),
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=connections),
            transport=transport,
        )

    def get(self, path: str, kind: type[T]) -> T:
        """The entity at a path."""
        return self.send("GET", path, kind)

    def list(self, path: str, kind: type[T], query: Mapping[str, str | int]) -> list[T]:
        """The members of a collection. Refusing to list is not final: nothing is known of them then.

        Raises:
            ProviderUnavailable: the collection is not to be had.
        """
        try:
            members = self.get(f"{path}?{httpx.QueryParams(query)}", _Collection).items
            return [msgspec.json.decode(member, type=kind) for member in members]
        except (RazorpayRefused, msgspec.MsgspecError) as error:
            raise ProviderUnavailable(f"razorpay: {path}: {error}") from error

    def send(
        self,
        method: str,
        path: str,
        kind: type[T],
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The entity in the answer to a request."""
        try:
            response = self._client.request(method, path, json=data, headers=headers)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"razorpay: {type(error).__name__}") from error
        return _decoded(response, kind)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def reason_of(error: RazorpayError) -> str:
    """The reason of a refusal, as the test cards name it: only the shopper, who is not there, can authenticate."""
    if error.step == "payment_authentication":
        return "authentication_required"
    return error.reason or error.code or "declined"


def _decoded(response: httpx.Response, kind: type[T]) -> T:
    try:
        if response.is_success:
            return msgspec.json.decode(response.content, type=kind)
        error = msgspec.json.decode(response.content, type=_ErrorBody).error
    except msgspec.MsgspecError as wrong:
        what = f"HTTP {response.status_code} with an answer that is none ({type(wrong).__name__})"
        raise ProviderUnavailable(f"razorpay: {what}") from wrong
    # Of a wrong key, too, the status can be 400; but it has no reason.
    if response.status_code == 400 and error.reason not in (None, "", _NOT_APPLICABLE):
        raise RazorpayRefused(error)
    what = " ".join(filter(None, (error.code, error.reason)))
    raise ProviderUnavailable(f"razorpay: HTTP {response.status_code} {what}")
