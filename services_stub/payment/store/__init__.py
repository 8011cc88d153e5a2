"""The stores of the payment service: its payments, and apart from them the memory of the sandbox provider."""

from services_stub.payment.store.payments import TABLES

__all__ = ["TABLES"]
