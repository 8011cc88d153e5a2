"""The notification service: tells people what happened, in an inbox, by e-mail and by SMS."""
