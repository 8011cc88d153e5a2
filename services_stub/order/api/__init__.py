"""The HTTP side of the order service: the routes, and the checkout that asks cart and product."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from services_stub.order.api.routes import (
    FAST_PLACE_ORDER,
    block_seller,
    cancel_order,
    deliver_order,
    known_orders,
    list_all_orders,
    list_orders,
    list_orders_of_seller,
    place_order,
    read_one_order,
    refund_order,
    ship_order,
)
from services_stub.runtime.fast_path import FastRoute

ROUTES: Sequence[HTTPRouteHandler] = (
    place_order,
    list_orders,
    read_one_order,
    cancel_order,
    refund_order,
    list_orders_of_seller,
    ship_order,
    deliver_order,
    list_all_orders,
    known_orders,
    block_seller,
)

FAST_ROUTES: Sequence[FastRoute] = (FAST_PLACE_ORDER,)
"""The routes that every purchase takes."""
