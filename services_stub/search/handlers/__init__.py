"""The search service's handlers: the index follows events, and is built anew from the log."""

from __future__ import annotations

from services_stub.search.handlers.events import HANDLERS
from services_stub.search.handlers.rebuild import Rebuilder

__all__ = ["HANDLERS", "Rebuilder"]
