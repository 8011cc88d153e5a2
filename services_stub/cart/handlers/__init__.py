"""Handlers of the cart service: requests on carts, checkouts of orders, events, and checkouts that expire."""
