"""What the notification service does: it tells people of events, shows them their inbox, and delivers the spool."""

from services_stub.notification.handlers.events import TEMPLATE_OF_STATUS, handlers
from services_stub.notification.handlers.telling import Teller

__all__ = ["TEMPLATE_OF_STATUS", "Teller", "handlers"]
