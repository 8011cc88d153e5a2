"""The templates of notifications: one for each occasion on which a user is notified.

Values are data: they are made printable, and nothing in them is ever read as a placeholder.
"""

from __future__ import annotations

import msgspec

from services_stub.contracts.text import without_controls
from services_stub.notification.domain.kinds import Kind

LONGEST_VALUE = 300


class Template(msgspec.Struct, frozen=True):
    """A subject and a text with placeholders. Where `sms` is true, the subject says enough to be an SMS as well."""

    kind: Kind
    subject: str
    text: str
    sms: bool = False


class RenderedMessage(msgspec.Struct, frozen=True):
    """A template filled in."""

    subject: str
    text: str


TEMPLATES: dict[str, Template] = {
    "welcome": Template(
        Kind.ACCOUNT,
        subject="Welcome to the marketplace",
        text="Your account is ready. You are registered as a {role}, with the address {email}.",
    ),
    # The token is in the mail alone: a stolen session reads the inbox, and must not become a new password.
    "password-reset": Template(
        Kind.ACCOUNT,
        subject="A new password for your account",
        text="A new password was asked for. We have mailed a token to {email} that sets one within 30 minutes.\n\n"
        "If it was not you, you need not do anything.",
    ),
    "order-placed": Template(
        Kind.ORDERS,
        subject="Your order {about} was placed",
        text="Thank you for your order. We have put these aside for you:\n\n{items}\n\n"
        "Total: {amount}\nOrder: {about}\n\nWe tell you as soon as it is paid.",
    ),
    "receipt": Template(
        Kind.ORDERS,
        subject="Your receipt: {amount} for the order {about}",
        text="Your order {about} is paid. The sellers get it ready now.\n\n{items}\n\nTotal, paid: {amount}",
    ),
    "payment-failed": Template(
        Kind.ORDERS,
        subject="Your payment did not succeed",
        text="Your order {about} could not be paid: {reason}.\n\n"
        "Nothing was charged. What we had put aside for you is on sale again, and lies in your cart.",
    ),
    "refund": Template(
        Kind.ORDERS,
        subject="We refunded {amount}",
        text="{amount} was given back for {what} {about}. Reason: {reason}.\n\n"
        "Charged:         {charged}\nRefunded so far: {refunded}\nKept:            {kept}",
    ),
    "order-shipped": Template(
        Kind.DELIVERY,
        subject="{What} {about} is on its way",
        text="These are on their way to you:\n\n{items}\n\nOrder: {about}",
        sms=True,
    ),
    "order-delivered": Template(
        Kind.DELIVERY,
        subject="{What} {about} was delivered",
        text="These were delivered:\n\n{items}\n\nOrder: {about}",
        sms=True,
    ),
    "order-cancelled": Template(
        Kind.ORDERS,
        subject="{What} {about} was cancelled",
        text="{What} was cancelled: {reason}.\n\n{items}\n\nOrder: {about}\n\n"
        "If it was paid already, you get {amount} back.",
    ),
    "sale": Template(
        Kind.SALES,
        subject="To ship: {amount}, order {about}",
        text="These were sold and are paid. Please ship them:\n\n{items}\n\nSum: {amount}\nOrder: {about}",
        sms=True,
    ),
    "sale-cancelled": Template(
        Kind.SALES,
        subject="Not to ship: {amount}, order {about}",
        text="A sale was cancelled: {reason}. Please do not ship these:\n\n{items}\n\nSum: {amount}\nOrder: {about}",
        sms=True,
    ),
    "sales-digest": Template(
        Kind.SALES,
        subject="To ship: {count} more orders, {amount}",
        text="These orders were paid, too. Your inbox has the goods of each.\n\n{items}\n\nSum: {amount}",
        sms=True,
    ),
    "stock-low": Template(
        Kind.STOCK,
        subject="Only {quantity} left: {name}",
        text="{quantity} of {name} can still be sold. You are told of {threshold} or fewer.\n\nProduct: {about}",
        sms=True,
    ),
    "sold-out": Template(
        Kind.STOCK,
        subject="Sold out: {name}",
        text="Nothing is left of {name}. Shoppers cannot buy it until you take stock in.\n\nProduct: {about}",
        sms=True,
    ),
    "seller-blocked": Template(
        Kind.ACCOUNT,
        subject="Your seller account is blocked",
        text="An administrator has blocked your seller account: {reason}.\n\n"
        "Your products are off sale, and orders that are not paid yet are cancelled.",
    ),
    "session-stolen": Template(
        Kind.ACCOUNT,
        subject="We ended a session of your account",
        text="A token of one of your sessions was used again after it had been exchanged, so there may be a copy of it "
        "in other hands. We have ended that session.\n\nPlease log in again, and change your password if you do not "
        "know why this happened: that ends all other sessions, too.",
    ),
    "password-changed": Template(
        Kind.ACCOUNT,
        subject="Your password was changed",
        text="The password of your account is another one now, and all sessions that were open have ended.\n\n"
        "If it was not you, someone else can use your account: ask for a new password at once. The mail with its token "
        "goes to this address.",
    ),
    "address-bounced": Template(
        Kind.ACCOUNT,
        subject="Your e-mail address does not work",
        text="A message to {email} came back: {reason}.\n\n"
        "We send you no more mail until you confirm the address by saving your preferences.",
    ),
}

PASSWORD_RESET_MAIL = (
    "A new password was asked for. This token sets one within 30 minutes, and works once:\n\n{token}\n\n"
    "Give it to no one. If it was not you who asked, you need not do anything: your password stays as it is."
)
"""The text of the mail of `password-reset`, which differs from that in the inbox."""

REASONS: dict[str, str] = {
    "card_declined": "the card was declined",
    "insufficient_funds": "the card has insufficient funds",
    "provider_unreachable": "the payment provider could not be reached",
    "unknown_payment_method": "the payment method is unknown",
    "cancelled-by-shopper": "you cancelled it",
    "cancelled-by-seller": "the seller cancelled it",
    "cancelled-by-admin": "the marketplace cancelled it",
    "refunded-by-seller": "the seller gives the money back",
    "refunded-by-admin": "the marketplace gives the money back",
    "seller-blocked": "its seller is blocked",
    "other-seller-blocked": "another of its sellers is blocked",
    "charged-after-failure": "its payment came too late",
}
"""The meaning of the codes that payment and order give as their reasons. Other reasons are told as they are."""

REASONS_TO_SELLERS: dict[str, str] = REASONS | {
    "cancelled-by-shopper": "the shopper cancelled it",
    "cancelled-by-seller": "you cancelled it",
    "seller-blocked": "your account is blocked",
}


def render(template_id: str, about: str, **values: str) -> RenderedMessage:
    """The rendered message of a template. Values that are texts of people go through `printable` first."""
    template = TEMPLATES[template_id]
    about = printable(about)
    return RenderedMessage(template.subject.format(about=about, **values), template.text.format(about=about, **values))


def printable(text: str) -> str:
    """`text` on one line, without control characters, and of bounded length."""
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1] + "…"
    return without_controls(text)


def reason(code: str, *, to_seller: bool = False) -> str:
    """A reason in words, for the shopper or for a seller."""
    words = REASONS_TO_SELLERS if to_seller else REASONS
    return words.get(code) or printable(code).strip() or "no reason was given"
