"""Why a request has no answer, told apart by what the receiver may have done."""

from __future__ import annotations


class RequestFailed(Exception):
    """There is no answer."""


class NotConnected(RequestFailed):
    """No connection could be made: nothing was sent, so nothing was done."""


class TooSlow(RequestFailed):
    """The answer did not come in time: it may have been done all the same."""


class AnswerLost(RequestFailed):
    """The connection ended before the answer was whole: it may have been done all the same."""
