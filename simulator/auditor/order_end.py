"""The state of an order, judged once all is read: what must have come of it, and what must add up. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from services_stub.contracts.events import OrderStatus
from simulator.auditor.checks import Check
from simulator.auditor.order_state import OrderState, told_key
from simulator.auditor.violation import Violation
from simulator.history.operations import SKEW, FaultRecord

S = OrderStatus

SOLD = frozenset({S.PAID, S.SHIPPED, S.DELIVERED})
"""The statuses of parts whose money is kept."""
SHIPPED = frozenset({S.SHIPPED, S.DELIVERED, S.REFUNDING})
"""A part that came to one of these has left the stock for good."""
OPEN = frozenset({S.PENDING, S.REFUNDING})

CLOCKS = 100_000
"""Microseconds by which clocks of services may differ that no fault has shifted."""
RESERVED_FOR = 75_000_000
"""Microseconds after which a reservation that became no order must have been given back, the question included."""


class Blocks(Protocol):
    """When sellers were blocked."""

    def held(self, seller_id: str, at: int, clocks: int) -> bool:
        """Whether the seller was blocked at that time, where clocks may differ by so much."""
        ...


class Circumstances(msgspec.Struct, frozen=True):
    """The circumstances in which the orders are judged.

    `from_beginning` says that the recording has the topics from their beginnings; `clocks` by how many microseconds two
    times may be the other way round that services have written. `ended_at` is the time of the newest record.
    """

    blocks: Blocks
    deleted: Collection[str]
    unclear: Collection[str]
    """Products of which an event is missing, so that nothing can be said of their units."""
    from_beginning: bool
    clocks: int
    ended_at: int


def clocks_under(faults: Iterable[FaultRecord]) -> int:
    """By how many microseconds two clocks may have differed, or one from itself before and after.

    A fault counts for the whole run: what was written while it was in force lies beside what was not.
    """
    offsets = [0, *(fault.amount for fault in faults if fault.kind == SKEW)]
    return CLOCKS + max(offsets) - min(offsets)


def judge(order_id: str, state: OrderState, seen: Circumstances) -> Iterator[Violation]:
    """All that is wrong with an order at the end."""
    for check, detail in _findings(state, seen):
        yield Violation(check, order_id, detail, state.flow or order_id)


_Finding = tuple[Check, str]


def _findings(state: OrderState, seen: Circumstances) -> Iterator[_Finding]:
    if not state.created:
        yield from _without_order(state, seen)
        return
    lost = [*_lost(state)]
    yield from lost
    yield from _ends(state)
    yield from _money(state)
    yield from _stock(state, seen)
    if not lost:  # Messages about an event that is lost have no cause, and look like too many.
        yield from _messages(state)
        if not set(state.causes) <= set(state.events):
            yield Check.UNKNOWN_CAUSE, "a payment or message names a cause that is no event of the order"
    yield from _times(state, seen.clocks)
    for seller in {line.seller_id for line in state.lines}:
        if _last(state, seller) in SOLD and seen.blocks.held(seller, state.created_at, seen.clocks):
            yield Check.BLOCKED_SELLER_SOLD, f"was placed while {seller} was blocked, and kept"


def _without_order(state: OrderState, seen: Circumstances) -> Iterator[_Finding]:
    """There is no order-created: it was placed before the recording, or never."""
    if seen.from_beginning:
        if state.charges or state.declines:
            yield Check.CHARGE_WITHOUT_ORDER, "was charged or declined, and never created"
        if state.parts:
            yield Check.LOST_EVENT, "was updated, and order-created was published nowhere"
    if state.parts or state.charges or seen.ended_at - state.moved_at < RESERVED_FOR + seen.clocks:
        return
    held = Counter[str]()
    for offer in state.offers:
        held[offer.product_id] -= offer.moved
    for product_id, units in held.items():
        if product_id not in (*seen.deleted, *seen.unclear) and units:
            yield Check.LEAKED_RESERVATION, f"{units} units of {product_id} are held, and no order came of it"


def _last(state: OrderState, seller: str) -> str:
    known = state.parts.get(seller)
    return known[-1] if known else S.PENDING


def _ends(state: OrderState) -> Iterator[_Finding]:
    for seller in sorted({line.seller_id for line in state.lines}):
        last = _last(state, seller)
        if last in OPEN:
            yield Check.STUCK_ORDER, f"the part of {seller} is still {last}"
        if last == S.CANCELLED and state.charges and state.refunds:
            refunded = {refund.seller_id for refund in state.refunds}
            if seller in refunded or "" in refunded:
                yield Check.STUCK_ORDER, f"the part of {seller} was refunded, and is still {last}"


def _lost(state: OrderState) -> Iterator[_Finding]:
    """Events that later ones show to be missing."""
    for status in state.gaps:
        yield Check.LOST_EVENT, f"the update to {status} was published nowhere"
    for seller, known in state.parts.items():
        if S.PAID in known and not state.charges:
            yield Check.PAID_WITHOUT_CHARGE, f"the part of {seller} is PAID, and was not charged"
        if S.FAILED in known and not state.declines:
            yield Check.EFFECT_WITHOUT_CAUSE, f"the part of {seller} is FAILED, and was not declined"
        if S.REFUNDED in known and not state.refunds:
            yield Check.EFFECT_WITHOUT_CAUSE, f"the part of {seller} is REFUNDED, and no money was given back"


def _money(state: OrderState) -> Iterator[_Finding]:
    due = sum(line.units * line.cents for line in state.lines if _last(state, line.seller_id) in SOLD)
    pending = any(_last(state, line.seller_id) == S.PENDING for line in state.lines)
    taken = state.charges[0] if state.charges else 0
    refunded = sum(refund.cents for refund in state.refunds)
    for charge in state.charges:
        if charge != state.amount:
            yield Check.WRONG_AMOUNT, f"costs {_money_text(state.amount)}, and {_money_text(charge)} were charged"
    if refunded > sum(state.charges):
        detail = f"{_money_text(refunded)} were given back of {_money_text(sum(state.charges))}"
        yield Check.MONEY_BALANCE, detail
    kept = taken - refunded
    if state.charges and state.declines and kept > 0:
        yield Check.PAID_AND_DECLINED, f"was declined, and {_money_text(kept)} were kept"
    elif taken and not pending and kept > due:
        detail = f"{_money_text(kept)} are kept, and {_money_text(due)} are due: a refund is missing"
        yield Check.MISSING_REFUND, detail
    elif taken and not pending and refunded and kept < due and refunded <= taken:
        yield Check.MONEY_BALANCE, f"{_money_text(kept)} are kept, and {_money_text(due)} are due"


def _stock(state: OrderState, seen: Circumstances) -> Iterator[_Finding]:
    units: Counter[str] = Counter()
    held: Counter[str] = Counter()
    """Units that are sold, or still reserved."""
    for line in state.lines:
        units[line.product_id] += line.units
        last, known = _last(state, line.seller_id), state.parts.get(line.seller_id, ())
        if last in SOLD or last == S.PENDING or not SHIPPED.isdisjoint(known):
            held[line.product_id] += line.units
    for product_id, count in units.items():
        if product_id in seen.unclear:
            continue
        offers = sorted((o for o in state.offers if o.product_id == product_id), key=lambda offer: offer.version)
        moves = [offer.moved for offer in offers]
        if not any(moved < 0 for moved in moves):
            yield Check.NOT_RESERVED, f"{count} units of {product_id} were not reserved"
            continue
        at, sound = 0, True
        for moved in moves:
            at += moved
            sound = sound and at in (0, -count)
        if not sound:
            yield Check.STOCK_BALANCE, f"{count} units of {product_id} moved by {', '.join(map(str, moves))}"
        elif -at > held[product_id] and product_id not in seen.deleted:
            yield Check.LEAKED_RESERVATION, f"{-at - held[product_id]} units of {product_id} were not given back"
        elif -at < held[product_id]:
            yield Check.OVERSOLD, f"{held[product_id] + at} units of {product_id} were given back, and sold"
    shown = {(offer.product_id, offer.cents, offer.name) for offer in state.offers if offer.moved < 0 and offer.active}
    reserved = {offer.product_id for offer in state.offers if offer.moved < 0}
    for line in state.lines:
        if line.product_id in reserved and (line.product_id, line.cents, line.name) not in shown:
            yield Check.WRONG_PRICE, f"{line.product_id} was not reserved as it was sold"


def _messages(state: OrderState) -> Iterator[_Finding]:
    wanted = expected_messages(state)
    if wanted == state.told:
        return
    for key, count in wanted.items():
        if (told := state.told.get(key, 0)) < count:
            yield Check.LOST_NOTIFICATION, f"{key}: {told} of {count} messages"
    for key, told in state.told.items():
        # An SMS goes with a message of the inbox, for those who have chosen it.
        if told > wanted.get(key.replace(" by SMS ", " "), 0) and key.partition(" ")[0] in TEMPLATES:
            yield Check.DUPLICATE_NOTIFICATION, f"{key}: {told} messages of {wanted.get(key, 0)}"


TEMPLATES = frozenset(
    {
        "order-placed", "receipt", "payment-failed", "order-cancelled", "order-shipped", "order-delivered", "refund",
        "sale", "sale-cancelled",
    }
)  # fmt: skip
"""The templates about orders, whose number is known."""

_OF_PARTS: Mapping[str, str] = {
    S.CANCELLED: "order-cancelled",
    S.SHIPPED: "order-shipped",
    S.DELIVERED: "order-delivered",
}


def expected_messages(state: OrderState) -> dict[str, int]:
    """How often who must have been told what, by the keys of `told`."""
    shopper = state.user_id
    wanted = {told_key("order-placed", shopper): 1}
    if state.declines:
        wanted[told_key("payment-failed", shopper)] = 1
    if state.charges and state.refunds:
        wanted[told_key("refund", shopper)] = len(state.refunds)
    for seller, known in state.parts.items():
        if S.PAID in known:
            wanted[told_key("receipt", shopper)] = 1
            wanted[told_key("sale", seller)] = 1
            if S.CANCELLED in known:
                wanted[told_key("sale-cancelled", seller)] = 1
        for status in known:
            template = _OF_PARTS.get(status)
            if template is not None:
                key = told_key(template, shopper)
                # An update about the whole order is one occasion.
                wanted[key] = 1 if state.whole else wanted.get(key, 0) + 1
    return wanted


def _times(state: OrderState, clocks: int) -> Iterator[_Finding]:
    tolerated = "" if clocks == CLOCKS else f"; clocks were shifted, and {clocks / 1e6:.3f} s are tolerated"
    moments = (
        ("order-created", state.created_at, "payment-success", state.charged_at),
        ("payment-success", state.charged_at, "order-updated to PAID", state.paid_at),
        ("payment-success", state.charged_at, "payment-refunded", state.refunded_at),
    )
    for cause, before, effect, after in moments:
        if before and after and after < before - clocks:
            yield Check.EFFECT_BEFORE_CAUSE, f"{effect} lies {(before - after) / 1e6:.3f} s before {cause}{tolerated}"


def _money_text(cents: int) -> str:
    return f"{cents / 100:.2f}"
