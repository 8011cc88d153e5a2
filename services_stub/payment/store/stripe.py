"""Stripe as a payment provider, over its HTTP API, and the one place where its errors are mapped.

An order has one PaymentIntent: it is created under a key made from the order's id, and confirmed afterwards. Repeating
the creation therefore finds the intent whose answers got lost, and cancelling it keeps a confirmation that is still on
its way from taking money. An outcome that is unknown is settled by asking the intent. Stripe forgets keys after a day:
an order that may have been asked for before is searched for first, and the search knows all but the last minutes.
"""

from __future__ import annotations

import uuid
from typing import TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
)

_VERSION = "2025-04-30.basil"
_INTENTS = "/v1/payment_intents"
_REFUNDS = "/v1/refunds"
_REFUND_KEY = "refund_key"
_MOST_REFUNDS = 100
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_PROCESSING_SECONDS = 1.0
_ABANDONED = "abandoned"
"""The cancellation reason of an intent that only the shopper's authentication could complete."""

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


class Refund(msgspec.Struct, frozen=True):
    """A refund. One that failed has left the money where it was."""

    id: str
    amount: int
    status: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def key(self) -> str | None:
        """The key of our request for it; None where a person made it."""
        return (self.metadata or {}).get(_REFUND_KEY)

    @property
    def lasts(self) -> bool:
        """Whether the money is given back, or on its way."""
        return self.status not in ("failed", "canceled")


class _Found(msgspec.Struct, frozen=True):
    data: list[Intent]


class _Refunds(msgspec.Struct, frozen=True):
    data: list[Refund]


class _ErrorBody(msgspec.Struct, frozen=True):
    error: StripeError


class _Refused(Exception):
    """Stripe will not do what it was asked for, however often it is asked."""

    def __init__(self, error: StripeError) -> None:
        super().__init__(_reason(error))
        self.error = error


class Stripe:
    """`key` is a secret key of the account at the API at `url`. Any thread may call."""

    concurrency = 8

    def __init__(self, key: str, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Stripe-Version": _VERSION},
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=self.concurrency),
            transport=transport,
        )

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Confirm the order's intent, unless that was done before.

        Raises:
            ProviderUnavailable: Stripe does not answer, or not with an outcome.
        """
        try:
            intent = self._intent_of(request, search=request.asked_before)
            if intent.status == "requires_payment_method" and intent.last_payment_error is None:
                intent = self._confirm(intent, request)
        except _Refused as refused:
            return Declined(_reason(refused.error))
        if intent.status == "requires_action":
            # The shopper would have to authenticate (3-D Secure), and is not there to do it.
            intent = self._cancel(intent, _ABANDONED)
        return _result(intent)

    def refund(self, request: RefundRequest) -> str | None:
        """Cancel the order's intent, or refund a part of it where it has succeeded.

        Raises:
            ProviderUnavailable: Stripe does not answer, or the intent can be neither cancelled nor refunded yet.
            RefundRefused: more than is left of the charge, or the key of a refund of another amount.
        """
        charge_id = request.charge_id
        try:
            intent = self._read(charge_id) if charge_id else self._intent_of(request.charge, search=True)
        except _Refused as refused:
            if charge_id:
                raise ProviderUnavailable(f"stripe: {refused}") from refused
            return None
        if intent.status not in ("succeeded", "canceled"):
            intent = self._cancel(intent, "requested_by_customer")
        if intent.status == "canceled":
            return None
        if intent.status != "succeeded":
            raise ProviderUnavailable(f"stripe: {intent.id} is {intent.status}")
        self._refund(intent, request)
        return intent.id

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _intent_of(self, request: ChargeRequest, *, search: bool) -> Intent:
        """The intent of an order as it is now; created where there is none."""
        if search and (ended := self._find_ended(request.order_id)):
            return ended
        created, replayed = self._post(
            _INTENTS,
            {
                "amount": str(request.amount_cents),
                "currency": request.currency.lower(),
                "payment_method_types[]": "card",
                "metadata[order_id]": request.order_id,
            },
            f"{request.order_id}-create",
        )
        # A repeated answer shows the intent as it was then.
        return self._read(created.id) if replayed else created

    def _find_ended(self, order_id: str) -> Intent | None:
        """The intent of an order that has succeeded, or else one that was cancelled."""
        query = {"query": f"metadata['order_id']:'{order_id}'"}
        response = self._send("GET", f"{_INTENTS}/search?{urlencode(query)}")
        try:
            found = _decoded(response, _Found).data
        except _Refused as refused:
            raise ProviderUnavailable(f"stripe: {refused}") from refused
        of_status = {intent.status: intent for intent in found}
        return of_status.get("succeeded") or of_status.get("canceled")

    def _read(self, intent_id: str) -> Intent:
        return _decoded(self._send("GET", f"{_INTENTS}/{intent_id}"), Intent)

    def _confirm(self, intent: Intent, request: ChargeRequest) -> Intent:
        """The intent after its confirmation, also where its card was declined."""
        try:
            data = {"payment_method": request.payment_method}
            return self._post(f"{_INTENTS}/{intent.id}/confirm", data, f"{request.order_id}-confirm")[0]
        except _Refused as refused:
            if refused.error.payment_intent is None:
                raise
            return refused.error.payment_intent

    def _cancel(self, intent: Intent, reason: str) -> Intent:
        """The intent after its cancellation, also where that came too late. Needs no key: it can be done only once."""
        try:
            return self._post(f"{_INTENTS}/{intent.id}/cancel", {"cancellation_reason": reason})[0]
        except _Refused as refused:
            if refused.error.payment_intent is None:
                raise ProviderUnavailable(f"stripe: {refused}") from refused
            return refused.error.payment_intent

    def _refund(self, intent: Intent, request: RefundRequest) -> None:
        """Refund unless that was done: the list of refunds knows it, also when the idempotency key is forgotten."""
        made = [
            refund for refund in self._refunds_of(intent) if (refund.metadata or {}).get(_REFUND_KEY) == request.key
        ]
        lasting = [refund for refund in made if refund.lasts]
        if any(refund.amount != request.amount_cents for refund in lasting):
            raise RefundRefused(f"stripe: the refund {request.key} of {intent.id} is one of another amount")
        if lasting:
            return
        data = {
            "payment_intent": intent.id,
            "amount": str(request.amount_cents),
            f"metadata[{_REFUND_KEY}]": request.key,
        }
        # One that failed at the bank is made again under a key of its own.
        response = self._send("POST", _REFUNDS, data, "-".join([request.key, "refund", *(r.id for r in made)]))
        if response.is_server_error and _is_replayed(response):
            # The answer kept under the key never gets better, and the list shows that it did nothing.
            response = self._send("POST", _REFUNDS, data, str(uuid.uuid4()))
        try:
            refund = _decoded(response, Refund)
        except _Refused as refused:
            raise RefundRefused(f"stripe: {refused}") from refused
        if not refund.lasts:
            raise ProviderUnavailable(f"stripe: {refund.id} is {refund.status}")

    def _refunds_of(self, intent: Intent) -> list[Refund]:
        query = urlencode({"payment_intent": intent.id, "limit": _MOST_REFUNDS})
        try:
            return _decoded(self._send("GET", f"{_REFUNDS}?{query}"), _Refunds).data
        except _Refused as refused:
            raise ProviderUnavailable(f"stripe: {refused}") from refused

    def _post(self, path: str, data: dict[str, str], key: str = "") -> tuple[Intent, bool]:
        response = self._send("POST", path, data, key)
        return _decoded(response, Intent), _is_replayed(response)

    def _send(self, method: str, path: str, data: dict[str, str] | None = None, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return self._client.request(method, path, data=data, headers=headers)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"stripe: {type(error).__name__}") from error


def _is_replayed(response: httpx.Response) -> bool:
    return bool(response.headers.get("Idempotent-Replayed") == "true")


def _check(response: httpx.Response) -> None:
    """Raise `_Refused` for what will never succeed, and ProviderUnavailable for all that may on another attempt."""
    if response.is_success:
        return
    try:
        error = msgspec.json.decode(response.content, type=_ErrorBody).error
    except msgspec.MsgspecError:
        error = StripeError()
    is_final = response.status_code in (400, 402, 404) and error.type in ("card_error", "invalid_request_error")
    if is_final:
        raise _Refused(error)
    raise ProviderUnavailable(f"stripe: HTTP {response.status_code} {error.type} {error.code or ''}".strip())


def _decoded(response: httpx.Response, kind: type[T]) -> T:
    _check(response)
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"stripe: an answer that is none ({type(error).__name__})") from error


def _result(intent: Intent) -> ChargeResult:
    match intent.status:
        case "succeeded":
            return Charged(intent.id)
        case "processing":
            return Processing(_PROCESSING_SECONDS)
        case "canceled":
            return Declined("authentication_required" if intent.cancellation_reason == _ABANDONED else "canceled")
        case "requires_payment_method" if intent.last_payment_error is not None:
            return Declined(_reason(intent.last_payment_error))
        case status:
            raise ProviderUnavailable(f"stripe: {intent.id} is {status}")


def _reason(error: StripeError) -> str:
    """The reason as the test cards name it: the issuer's where it gives one."""
    if error.code == "resource_missing" and error.param == "payment_method":
        return "unknown_payment_method"
    if error.decline_code and error.decline_code != "generic_decline":
        return error.decline_code
    return error.code or error.type
