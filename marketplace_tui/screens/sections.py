"""The screen of each place, made when it is gone to."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketplace_tui.model.marketplace import Marketplace
    from marketplace_tui.screens.base import ClientScreen

SCREENS = {
    "storefront": "shop.storefront:StorefrontScreen",
    "tour": "everywhere.tour:TourScreen",
    "sales": "seller.sales:SalesScreen",
    "products": "seller.products:ProductsScreen",
    "sold-orders": "seller.sold_orders:SoldOrdersScreen",
    "notices": "seller.notices:NoticesScreen",
    "cart": "shop.cart:CartScreen",
    "orders": "shop.orders:OrdersScreen",
    "inbox": "shop.inbox:InboxScreen",
    "account": "shop.account:AccountScreen",
    "overview": "admin.overview:OverviewScreen",
    "users": "admin.users:UsersScreen",
    "catalogue": "admin.catalogue:CatalogueScreen",
    "all-orders": "admin.all_orders:AllOrdersScreen",
    "payments": "admin.payments:PaymentsScreen",
    "services": "admin.services:ServicesScreen",
    "dead-letters": "admin.dead_letters:DeadLettersScreen",
    "faults": "admin.faults:FaultsScreen",
    "events": "trace.recorded:events_of",
    "simulation": "admin.simulation:SimulationScreen",
}
"""The class of each section, or what makes its screen, by module: a screen is imported when it is gone to."""


def screen_of(place: str, marketplace: Marketplace) -> ClientScreen:
    """A new screen for a section."""
    module, name = SCREENS[place].split(":")
    screen: ClientScreen = getattr(import_module(f"marketplace_tui.screens.{module}"), name)(marketplace)
    return screen
