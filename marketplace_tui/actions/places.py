"""The screens by name, and the sections in which each role finds them."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace_tui.actions.state import Role


@dataclass(frozen=True)
class Place:
    """A screen: its name, and its title in the breadcrumb below the title of `parent`."""

    name: str
    title: str
    parent: str = ""


PLACES: dict[str, Place] = {
    place.name: place
    for place in (
        Place("storefront", "Shop"),
        Place("product", "Product", "storefront"),
        Place("cart", "Cart"),
        Place("checkout", "Checkout", "cart"),
        Place("orders", "Orders"),
        Place("order", "Order", "orders"),
        Place("inbox", "Inbox"),
        Place("account", "Account"),
        Place("sales", "Sales"),
        Place("products", "Products"),
        Place("sold-orders", "Orders"),
        Place("notices", "Stock notices"),
        Place("overview", "Overview"),
        Place("users", "Users"),
        Place("catalogue", "Products"),
        Place("all-orders", "Orders"),
        Place("payments", "Payments"),
        Place("services", "Services"),
        Place("dead-letters", "Dead letters"),
        Place("faults", "Faults"),
        Place("tour", "Tour"),
        Place("simulation", "Simulation"),
        Place("trace", "Trace"),
        Place("replay", "Replay", "trace"),
        Place("events", "Events"),
        Place("topology", "Topology", "events"),
    )
}

SECTIONS: dict[Role, tuple[str, ...]] = {
    "guest": ("storefront", "cart", "account"),
    "user": ("storefront", "cart", "orders", "inbox", "account"),
    "seller": ("sales", "products", "sold-orders", "notices", "inbox", "account"),
    "admin": (
        "overview",
        "users",
        "catalogue",
        "all-orders",
        "payments",
        "services",
        "dead-letters",
        "faults",
        "account",
        "events",
    ),
    "reader": ("events",),
}
"""The sections of each role, in the order of the keys 1 to 9 and 0; the first is where the role begins."""


def places_of(role: Role) -> tuple[str, ...]:
    """The screens that a role can reach: its sections, and what lies below them."""
    sections = SECTIONS[role]
    below = {
        "guest": ("product",),
        "user": ("product", "checkout", "order", "trace", "replay"),
        "seller": ("order", "trace", "replay"),
        "admin": ("order", "trace", "replay", "topology", "simulation"),
        "reader": ("trace", "replay", "topology"),
    }
    return (*sections, *below[role], *(() if role == "reader" else ("tour",)))
