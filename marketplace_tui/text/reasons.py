"""The codes that orders and payments give as their reasons, in words."""

from __future__ import annotations

_WORDS = {
    "placed": "",
    "paid": "",
    "shipped": "",
    "delivered": "",
    "refunded": "",
    "payment-failed": "the payment failed",
    "card_declined": "the card was declined",
    "insufficient_funds": "the card has insufficient funds",
    "authentication_required": "the bank wants you to confirm it, which this card cannot",
    "provider_unreachable": "the bank could not be reached",
    "unknown_payment_method": "the card is unknown",
    "cancelled": "it was cancelled",
    "cancelled-by-shopper": "the shopper cancelled it",
    "cancelled-by-seller": "the seller cancelled it",
    "cancelled-by-admin": "the marketplace cancelled it",
    "refunded-by-seller": "the seller gives the money back",
    "refunded-by-admin": "the marketplace gives the money back",
    "seller-blocked": "its seller is blocked",
    "other-seller-blocked": "another of its sellers is blocked",
    "charged-after-failure": "its payment came too late",
}


def reason_words(code: str) -> str:
    """A reason in words; what a person wrote stays as it is, whether it stands alone or behind a code and a colon."""
    known, colon, written = code.partition(": ")
    if colon and known in _WORDS:
        return f"{_WORDS[known]}: {written}" if _WORDS[known] else written
    return _WORDS.get(code, code)
