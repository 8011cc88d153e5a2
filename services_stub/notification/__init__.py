"""The notification service: notifies users of events in an inbox, by e-mail and by SMS."""
