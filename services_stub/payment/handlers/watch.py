"""Whether the provider answers: asked once a second from the first request that it left unanswered, else not at all.

One order whose charge is not answered says nothing about the others, so that the provider is asked for something else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from services_stub.payment.domain import Provider, ProviderUnavailable

EVERY = 1.0
"""Seconds."""


class ProviderWatch:
    """The state of the provider. Any thread may tell what became of a request; `look` belongs to one."""

    def __init__(self, provider: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider, self._clock = provider, clock
        self._unanswered_since: float | None = None
        self._silent = False

    def answered(self) -> None:
        """The provider has answered a request, whatever it said."""
        self._unanswered_since, self._silent = None, False

    def unanswered(self) -> None:
        """The provider has not answered a request."""
        if self._unanswered_since is None:
            self._unanswered_since = self._clock()

    def look(self) -> bool:
        """Ask the provider, where there is a doubt; that there is no more to do."""
        if self._unanswered_since is not None:
            try:
                self._provider.reach()
            except ProviderUnavailable:
                self._silent = True
            else:
                self.answered()
        return False

    def silence(self) -> float:
        """The seconds for which the provider has answered nothing; 0 where it does."""
        since = self._unanswered_since
        return self._clock() - since if self._silent and since is not None else 0.0
