"""The stores of the payment service: payments and refunds, and apart from them the memory of the sandbox provider."""

from services_stub.payment.store.tables import TABLES

__all__ = ["TABLES"]
