"""The services of the marketplace: the one list that adding a service touches."""

from __future__ import annotations

GATEWAY = "gateway"
"""The one service that owns nothing and has a shape of its own."""

SERVICES = ("auth", "product", "cart", "order", "payment", "notification", "search", "seller", "analytics", GATEWAY)


def module_of(service: str) -> str:
    """The module that declares a service as `SERVICE`."""
    return f"services_stub.{service}.service"
