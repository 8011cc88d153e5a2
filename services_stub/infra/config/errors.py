"""The errors that end a command with a message for the person who typed it."""

from __future__ import annotations


class CannotStart(Exception):
    """The marketplace cannot run as asked; the message says why and what to do."""


class CannotShow(Exception):
    """There is nothing to show as asked; the message says why and what to do."""
