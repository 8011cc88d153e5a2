"""What can stop a marketplace from starting, said to the person who typed the command."""

from __future__ import annotations


class CannotStart(Exception):
    """The marketplace cannot run as asked; the message says why and what to do."""


class NotRunning(Exception):
    """No marketplace runs on the data directory; the message names it."""
