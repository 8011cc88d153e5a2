"""The store of the auth service: accounts, the refresh tokens of their sessions, and the signing key."""

from services_stub.auth.store.tables import TABLES

__all__ = ["TABLES"]
