"""One sound history in which orders end in every way; what is broken in it must be found."""

from __future__ import annotations

from decimal import Decimal

from services_stub.contracts.events import OrderStatus
from tests.unit.simulator.synthetic_history import SyntheticHistory

S = OrderStatus


def sound_history() -> SyntheticHistory:
    """Orders that end in every way, a block, a price that changes, a deletion, a record that was sent twice."""
    made = SyntheticHistory()
    for user in ("u1", "u2"):
        made.user(user)
    for seller in ("s1", "s2"):
        made.user(seller, "seller")
    made.product("p1", "s1")
    made.product("p2", "s2", "7.50")
    made.product("p3", "s2", "1.00")
    for order_id in ("paid", "shipped", "declined", "cancelled", "parted", "void"):
        made.place(order_id, "u1", {"p1": 1, "p2": 2} if order_id == "parted" else {"p1": 1})
    for order_id in ("paid", "shipped", "cancelled", "parted"):
        made.pay(order_id)
    made.decline("declined")
    made.step("shipped", S.SHIPPED, "shipped", "run-ship")
    made.step("shipped", S.DELIVERED, "delivered", "run-deliver")
    made.cancel("cancelled")
    made.refund("cancelled")
    made.cancel("parted", "cancelled-by-seller", "", "s2")
    made.refund("parted", "s2")
    made.cancel("void")
    made.expire("expired", "p2", 3)
    made.edit("p1", price=Decimal("6.00"))
    made.place("dearer", "u2", {"p1": 1})
    made.pay("dearer")
    made.place("blocked", "u2", {"p2": 1})
    made.cancel("blocked", "seller-blocked", made.block("s2"))
    made.unblock("s2")
    made.place("late", "u2", {"p2": 1})
    made.pay("late")
    made.delete("p3")
    made.operate("list-orders", "u1", "", seen=("paid", "declined"))
    made.settle()
    return made
