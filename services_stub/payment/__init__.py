"""Payments: each order is charged at most once, and given back if it is cancelled."""
