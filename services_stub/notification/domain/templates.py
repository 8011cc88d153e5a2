"""The templates of notifications: one for each occasion on which a user is notified.

Values are data: they are made printable, and nothing in them is ever read as a placeholder.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from services_stub.contracts.money import money

LONGEST_VALUE = 300
MOST_ITEMS = 50
_JOINER = "\u200d"


class Template(msgspec.Struct, frozen=True):
    """A subject and a text with placeholders. With `sms`, an SMS is sent as well; it may name `about` alone."""

    subject: str
    text: str
    sms: str = ""


class RenderedMessage(msgspec.Struct, frozen=True):
    """A template filled in."""

    subject: str
    text: str


class Item(msgspec.Struct, frozen=True):
    """A line of an order, as it is told."""

    quantity: int
    name: str
    unit_price: Decimal


TEMPLATES: dict[str, Template] = {
    "welcome": Template(
        subject="Welcome to the marketplace",
        text="Your account is ready. You are registered as a {role}, with the address {email}.",
    ),
    "order-placed": Template(
        subject="Your order {about} was placed",
        text="Thank you for your order. We have put these aside for you:\n\n{items}\n\n"
        "Total: {amount}\nOrder: {about}\n\nWe tell you as soon as it is paid.",
    ),
    "payment-received": Template(
        subject="We received your payment of {amount}",
        text="Your order {about} is paid: {amount}. The sellers get it ready now.",
    ),
    "payment-failed": Template(
        subject="Your payment did not succeed",
        text="Your order {about} could not be paid: {reason}.\n\n"
        "Nothing was charged, and what we had put aside for you is on sale again.",
    ),
    "refund": Template(
        subject="We refunded {amount}",
        text="The payment of your order {about} was given back, whole: {amount}. Reason: {reason}.",
    ),
    "order-shipped": Template(
        subject="Your order {about} is on its way",
        text="Your order is on its way:\n\n{items}\n\nOrder: {about}",
        sms="Your order {about} is on its way.",
    ),
    "order-delivered": Template(
        subject="Your order {about} was delivered",
        text="Your order was delivered:\n\n{items}\n\nOrder: {about}",
        sms="Your order {about} was delivered.",
    ),
    "order-cancelled": Template(
        subject="Your order {about} was cancelled",
        text="Your order was cancelled: {reason}.\n\n{items}\n\nOrder: {about}\n\n"
        "If it was paid already, you get the whole amount back.",
    ),
    "seller-blocked": Template(
        subject="Your seller account is blocked",
        text="An administrator has blocked your seller account: {reason}.\n\n"
        "Your products are off sale, and orders that are not paid yet are cancelled.",
    ),
}

REASONS: dict[str, str] = {
    "card_declined": "the card was declined",
    "insufficient_funds": "the card has insufficient funds",
    "provider_unreachable": "the payment provider could not be reached",
    "unknown_payment_method": "the payment method is unknown",
    "cancelled-by-shopper": "you cancelled it",
    "seller-blocked": "one of its sellers is blocked",
    "charged-after-failure": "its payment came too late",
}
"""The meaning of the codes that payment and order give as their reasons. Other reasons are told as they are."""


def render(template_id: str, about: str, **values: str) -> RenderedMessage:
    """The rendered message of a template. Values that are texts of people go through `printable` first."""
    template = TEMPLATES[template_id]
    about = printable(about)
    return RenderedMessage(template.subject.format(about=about, **values), template.text.format(about=about, **values))


def sms_of(template_id: str, about: str) -> str:
    """The text of the SMS, or nothing where the template has none."""
    return TEMPLATES[template_id].sms.format(about=printable(about))


def printable(text: str) -> str:
    """`text` on one line, without characters that control how it is shown, and of bounded length."""
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1] + "…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == _JOINER else " " for character in text)


def reason(code: str) -> str:
    """A reason in words."""
    return REASONS.get(code) or printable(code).strip() or "no reason was given"


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency, for example `1,234.50 USD`.

    Raises:
        ValueError: `value` is no amount.
    """
    return f"{money(value):,.2f} {printable(currency)}"


def item_list(items: list[Item], currency: str) -> str:
    """The lines of an order, one below the other."""
    lines = [f"  {item.quantity} x {printable(item.name)}, {amount(item.unit_price, currency)} each" for item in items]
    if len(lines) > MOST_ITEMS:
        lines[MOST_ITEMS:] = [f"  and {len(lines) - MOST_ITEMS} more"]
    return "\n".join(lines)
