"""Mails with a token that sets a password: the token is in the mail alone, not in the inbox and in no event."""

from __future__ import annotations

from services_stub.contracts.http.notification import PasswordResetMail
from services_stub.notification.domain import templates
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.domain.message import Recipient, address_of, compose
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier, append
from services_stub.runtime.sql.transaction import Transaction

_TEMPLATE = "password-reset"


def mail(notifier: Notifier, tx: Transaction, command: PasswordResetMail) -> None:
    """Put the mail into the spool; doing it again changes nothing.

    It goes to the address of the account, as auth has it, even where mail came back from there: it was asked for.
    """
    address = address_of(command.email)
    request = NotificationRequest(command.user_id, _TEMPLATE, command.user_id, command.reset_id)
    shown = templates.render(_TEMPLATE, command.user_id, email=templates.printable(command.email))
    notification_id = notifier.enter(tx, request, shown, Channel.EMAIL.value)
    if notification_id and address:
        text = templates.PASSWORD_RESET_MAIL.format(token=command.token)
        message = compose(notification_id, Recipient(address, command.name), shown.subject, text, tx.now)
        append(tx, notification_id, Channel.EMAIL, address, shown.subject, message, secret=True)
