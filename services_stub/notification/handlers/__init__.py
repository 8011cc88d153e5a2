"""What the notification service does: it tells people of events, shows them their inbox, and delivers the spool."""

from services_stub.notification.handlers.events import TEMPLATE_OF_STATUS, handlers
from services_stub.notification.handlers.notifying import Notifier

__all__ = ["TEMPLATE_OF_STATUS", "Notifier", "handlers"]
