"""Stripe's HTTP API: the objects that payments need, requests under idempotency keys, and what its errors mean."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from services_stub.payment.domain import ProviderUnavailable

_VERSION = "2025-04-30.basil"
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
REFUND_KEY = "refund_key"
"""The metadata of a refund that holds the key of our request for it."""

T = TypeVar("T")


class StripeError(msgspec.Struct, frozen=True):
    """The `error` of an answer. Its message is left out: it can quote a part of the key."""

    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None
    payment_intent: Intent | None = None


class Intent(msgspec.Struct, frozen=True):
    """A PaymentIntent."""

    id: str
    status: str
    last_payment_error: StripeError | None = None
    cancellation_reason: str | None = None


class Charge(msgspec.Struct, frozen=True):
    """A charge of an intent: one that is not `paid` has failed."""

    id: str
    amount: int
    amount_refunded: int
    paid: bool

    @property
    def left(self) -> int:
        """The cents that were taken and not given back."""
        return self.amount - self.amount_refunded if self.paid else 0


class Refund(msgspec.Struct, frozen=True):
    """A refund. One that failed has left the money where it was."""

    id: str
    amount: int
    status: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def key(self) -> str | None:
        """The key of our request for it; None where a person made it."""
        return (self.metadata or {}).get(REFUND_KEY)

    @property
    def lasts(self) -> bool:
        """Whether the money is given back, or on its way."""
        return self.status not in ("failed", "canceled")


class Listed(msgspec.Struct, frozen=True):
    """The members of a list, newest first, each still to be decoded."""

    data: list[msgspec.Raw]


class _ErrorBody(msgspec.Struct, frozen=True):
    error: StripeError


class StripeRefused(Exception):
    """Stripe will not do what it was asked for, however often it is asked."""

    def __init__(self, error: StripeError) -> None:
        super().__init__(reason_of(error))
        self.error = error


class StripeApi:
    """Requests to the API at `url` with the secret `key`, on up to `connections` connections. Any thread may ask.

    Every request raises StripeRefused, or ProviderUnavailable for all that may succeed another time.
    """

    def __init__(self, key: str, url: str, connections: int, transport: httpx.BaseTransport | None) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Stripe-Version": _VERSION},
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=connections),
            transport=transport,
        )

    def get(self, path: str, kind: type[T], **query: str | int) -> T:
        """The object at a path."""
        return decoded(self.send("GET", f"{path}?{urlencode(query)}" if query else path), kind)

    def list(self, path: str, kind: type[T], **query: str | int) -> list[T]:
        """The members of a list. Refusing to list is not final: nothing is known of them then.

        Raises:
            ProviderUnavailable: the list is not to be had.
        """
        try:
            members = self.get(path, Listed, **query).data
            return [msgspec.json.decode(member, type=kind) for member in members]
        except (StripeRefused, msgspec.MsgspecError) as error:
            raise ProviderUnavailable(f"stripe: {path}: {error}") from error

    def send(self, method: str, path: str, data: dict[str, str] | None = None, key: str = "") -> httpx.Response:
        """The answer to a request, whatever it is; a change goes out under an idempotency key.

        Raises:
            ProviderUnavailable: there is none.
        """
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return self._client.request(method, path, data=data, headers=headers)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"stripe: {type(error).__name__}") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def is_replayed(response: httpx.Response) -> bool:
    """Whether Stripe has kept the answer under the request's key, and shows it again."""
    return bool(response.headers.get("Idempotent-Replayed") == "true")


def decoded(response: httpx.Response, kind: type[T]) -> T:
    """The object in an answer."""
    _check(response)
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"stripe: an answer that is none ({type(error).__name__})") from error


def reason_of(error: StripeError) -> str:
    """The reason as the test cards name it: the issuer's where it gives one."""
    if error.code == "resource_missing" and error.param == "payment_method":
        return "unknown_payment_method"
    if error.decline_code and error.decline_code != "generic_decline":
        return error.decline_code
    return error.code or error.type


def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        error = msgspec.json.decode(response.content, type=_ErrorBody).error
    except msgspec.MsgspecError:
        error = StripeError()
    is_final = response.status_code in (400, 402, 404) and error.type in ("card_error", "invalid_request_error")
    if is_final:
        raise StripeRefused(error)
    raise ProviderUnavailable(f"stripe: HTTP {response.status_code} {error.type} {error.code or ''}".strip())
