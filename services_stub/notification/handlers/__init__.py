"""The notification service's handlers: they notify users of events, show the inbox, and deliver the spool."""

from services_stub.notification.handlers.events import TEMPLATE_OF_STATUS, handlers
from services_stub.notification.handlers.notifying import Notifier

__all__ = ["TEMPLATE_OF_STATUS", "Notifier", "handlers"]
