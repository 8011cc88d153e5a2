"""The store of the notification service: who is reached how, inboxes, the spool, digests, and what orders cost."""

from services_stub.notification.store.tables import TABLES

__all__ = ["TABLES"]
