"""Stripe as a payment provider: how orders, charges and refunds are those of its API.

An order has one PaymentIntent: it is created under a key made from the order's id, and confirmed afterwards. Repeating
the creation therefore finds the intent whose answers got lost, and cancelling it keeps a confirmation that is still on
its way from taking money. An outcome that is unknown is settled by asking the intent. Stripe forgets keys after a day:
an order that may have been asked for before is searched for first, and the search knows all but the last minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import httpx

from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
    Taken,
)
from services_stub.payment.store.stripe_api import (
    REFUND_KEY,
    Charge,
    Intent,
    Refund,
    StripeApi,
    StripeRefused,
    decoded,
    is_replayed,
    reason_of,
)

_INTENTS, _CHARGES, _REFUNDS = "/v1/payment_intents", "/v1/charges", "/v1/refunds"
_CHARGE_PREFIX = "ch_"
_MOST = 100
"""As many as Stripe lists at a time; an order has fewer refunds and charges."""
_PROCESSING_SECONDS = 1.0
_ABANDONED = "abandoned"
"""The cancellation reason of an intent that only the shopper's authentication could complete."""


class Stripe:
    """`key` is a secret key of the account at the API at `url`. Any thread may call."""

    concurrency = 128

    def __init__(self, key: str, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._api = StripeApi(key, url, self.concurrency, transport)

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Confirm the order's intent, unless that was done before.

        Raises:
            ProviderUnavailable: Stripe does not answer, or not with an outcome.
        """
        try:
            intent = self._intent_of(request, search=request.asked_before)
            if intent.status == "requires_payment_method" and intent.last_payment_error is None:
                intent = self._confirm(intent, request)
        except StripeRefused as refused:
            return Declined(reason_of(refused.error))
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
        if charge_id.startswith(_CHARGE_PREFIX):
            self._refund({"charge": charge_id}, request)
            return charge_id
        try:
            intent = self._read(charge_id) if charge_id else self._intent_of(request.charge, search=True)
        except StripeRefused as refused:
            if charge_id:
                raise ProviderUnavailable(f"stripe: {refused}") from refused
            return None
        if intent.status not in ("succeeded", "canceled"):
            intent = self._cancel(intent, "requested_by_customer")
        if intent.status == "canceled":
            return None
        if intent.status != "succeeded":
            raise ProviderUnavailable(f"stripe: {intent.id} is {intent.status}")
        self._refund({"payment_intent": intent.id}, request)
        return intent.id

    def reach(self) -> None:
        """Ask for a charge, whichever. Raises ProviderUnavailable, also where the key is refused."""
        self._api.list(_CHARGES, Charge, limit=1)

    def surplus(self, request: ChargeRequest, charge_id: str) -> Sequence[Taken]:
        """The charges of the order's intent but its latest, and those of its other intents.

        Others are searched for only where the order may have been asked for before: nothing else makes a second one.

        Raises:
            ProviderUnavailable: Stripe does not answer.
        """
        others = [intent.id for intent in self._search(request.order_id)] if request.asked_before else []
        again = self._paid(charge_id)[1:]
        for intent_id in others:
            again += [] if intent_id == charge_id else self._paid(intent_id)
        return [Taken(charge.id, charge.left) for charge in again if charge.left]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

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
        of_status = {intent.status: intent for intent in self._search(order_id)}
        return of_status.get("succeeded") or of_status.get("canceled")

    def _search(self, order_id: str) -> list[Intent]:
        return self._api.list(f"{_INTENTS}/search", Intent, query=f"metadata['order_id']:'{order_id}'")

    def _read(self, intent_id: str) -> Intent:
        return self._api.get(f"{_INTENTS}/{intent_id}", Intent)

    def _paid(self, intent_id: str) -> list[Charge]:
        charges = self._api.list(_CHARGES, Charge, payment_intent=intent_id, limit=_MOST)
        return [charge for charge in charges if charge.paid]

    def _confirm(self, intent: Intent, request: ChargeRequest) -> Intent:
        """The intent after its confirmation, also where its card was declined."""
        try:
            data = {"payment_method": request.payment_method}
            return self._post(f"{_INTENTS}/{intent.id}/confirm", data, f"{request.order_id}-confirm")[0]
        except StripeRefused as refused:
            if refused.error.payment_intent is None:
                raise
            return refused.error.payment_intent

    def _cancel(self, intent: Intent, reason: str) -> Intent:
        """The intent after its cancellation, also where that came too late. Needs no key: it can be done only once."""
        try:
            return self._post(f"{_INTENTS}/{intent.id}/cancel", {"cancellation_reason": reason})[0]
        except StripeRefused as refused:
            if refused.error.payment_intent is None:
                raise ProviderUnavailable(f"stripe: {refused}") from refused
            return refused.error.payment_intent

    def _refund(self, of: dict[str, str], request: RefundRequest) -> None:
        """Refund unless that was done: the list of refunds knows it, also when the idempotency key is forgotten."""
        refunds = self._api.list(_REFUNDS, Refund, **of, limit=_MOST)
        made = [refund for refund in refunds if refund.key == request.key]
        lasting = [refund for refund in made if refund.lasts]
        if any(refund.amount != request.amount_cents for refund in lasting):
            raise RefundRefused(f"stripe: the refund {request.key} is one of another amount")
        if lasting:
            return
        data = {
            **of,
            "amount": str(request.amount_cents),
            f"metadata[{REFUND_KEY}]": request.key,
            "metadata[order_id]": request.charge.order_id,
        }
        # One that failed at the bank is made again under a key of its own.
        response = self._api.send("POST", _REFUNDS, data, "-".join([request.key, "refund", *(r.id for r in made)]))
        if response.is_server_error and is_replayed(response):
            # The answer kept under the key never gets better, and the list shows that it did nothing.
            response = self._api.send("POST", _REFUNDS, data, str(uuid.uuid4()))
        try:
            refund = decoded(response, Refund)
        except StripeRefused as refused:
            raise RefundRefused(f"stripe: {refused}") from refused
        if not refund.lasts:
            raise ProviderUnavailable(f"stripe: {refund.id} is {refund.status}")

    def _post(self, path: str, data: dict[str, str], key: str = "") -> tuple[Intent, bool]:
        response = self._api.send("POST", path, data, key)
        return decoded(response, Intent), is_replayed(response)


def _result(intent: Intent) -> ChargeResult:
    match intent.status:
        case "succeeded":
            return Charged(intent.id)
        case "processing":
            return Processing(_PROCESSING_SECONDS)
        case "canceled":
            return Declined("authentication_required" if intent.cancellation_reason == _ABANDONED else "canceled")
        case "requires_payment_method" if intent.last_payment_error is not None:
            return Declined(reason_of(intent.last_payment_error))
        case status:
            raise ProviderUnavailable(f"stripe: {intent.id} is {status}")
