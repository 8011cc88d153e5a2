"""Payments: each order is charged at most once, and refunded if it is cancelled."""
