"""Bounds the requests in flight at each service, and refuses the rest at once instead of answering all too late.

Without a bound, more requests than a service can answer grow into a queue of seconds. Then nearly everything that is
answered has been given up already, by the client or by a deadline of the gateway, and the work for it is lost.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping

IN_FLIGHT, WAITING = 128, 1152
"""More in flight are answered no sooner, and take more memory: in flight, a request has a connection at both ends."""

_FILLS_CART = (b"cart", "/api/cart/public/add")
"""A line in a cart is to be ordered. Where orders wait long already, it is refused before any work is done for it: a
checkout that is refused at its end has cost all of that, and what it leaves in the cart makes the next one larger."""

BROWSING_IN_FLIGHT, BROWSING_WAITING = 32, 96
"""Those who look around make most requests, and some are refused so that none of those who buy are."""

BROWSING = frozenset({b"product", b"search", b"gateway"})
"""The services of those who look around; `gateway` is what the gateway composes of several services."""


class Places:
    """Places for `most` requests at a time; up to `waiting` others get one in the order in which they came."""

    def __init__(self, most: int, waiting: int) -> None:
        self._free, self._most_waiting = most, waiting
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def are_scarce(self) -> bool:
        """Whether more than a quarter of those that may wait do."""
        return 4 * len(self._waiting) > self._most_waiting

    async def enter(self) -> bool:
        """Take a place, as soon as there is one; False where too many wait for one already."""
        if self._free > 0:
            self._free -= 1
            return True
        if len(self._waiting) >= self._most_waiting:
            return False
        handed_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(handed_over)
        try:
            await handed_over
        except asyncio.CancelledError:
            if handed_over.done() and not handed_over.cancelled():
                self.leave()
            raise
        return True

    def leave(self) -> None:
        """Give the place back, or hand it to the request that waits longest."""
        while self._waiting:
            next_one = self._waiting.popleft()
            if not next_one.done():
                next_one.set_result(None)
                return
        self._free += 1


def places_by_service() -> defaultdict[bytes, Places]:
    """The places at every service of a gateway, which are made when they are first needed."""
    others: defaultdict[bytes, Places] = defaultdict(lambda: Places(IN_FLIGHT, WAITING))
    for name in BROWSING:
        others[name] = Places(BROWSING_IN_FLIGHT, BROWSING_WAITING)
    return others


def is_in_vain(places: Mapping[bytes, Places], service: bytes, path: str) -> bool:
    """Whether a request leads to another one that would probably be refused."""
    return (service, path) == _FILLS_CART and places[b"order"].are_scarce
