"""Asks several services at the same time for the parts of one answer, and notes which parts are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.gateway import MissingPart
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers

DEADLINE_SECONDS = 2.0
"""How long a part may take: a screen rather shows the others."""

UNAVAILABLE = "unavailable"
TOO_SLOW = "too-slow"

_INVALID = 400

T = TypeVar("T")


class Gathering:
    """The parts of one answer, each asked with `headers` of the caller; `missing` lists those that did not come."""

    def __init__(
        self, peers: Peers, *, cause: Cause, headers: Mapping[str, str], seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._peers, self._cause, self._headers, self._seconds = peers, cause, headers, seconds
        self._missing: dict[str, str] = {}

    @property
    def missing(self) -> list[MissingPart]:
        """The parts that are missing, by name."""
        return [MissingPart(part=part, reason=reason) for part, reason in sorted(self._missing.items())]

    async def part(
        self, service: str, path: str, expect: type[T], *, name: str = "", decides: bool = False
    ) -> T | None:
        """A part, called like its service unless it has a `name`; None where it does not come, which is noted.

        Raises:
            Refused: the input is wrong, so that no part would help; or the part `decides`, and was refused.
        """
        reason = UNAVAILABLE
        try:
            async with asyncio.timeout(self._seconds):
                return await self._peers.call(
                    service, "GET", path, expect=expect, cause=self._cause, headers=self._headers
                )
        except TimeoutError:
            reason = TOO_SLOW
        except Unavailable:
            pass
        except Refused as refusal:
            if decides or refusal.problem.status == _INVALID:
                raise
            reason = refusal.problem.code
        self._missing[name or service] = reason
        return None
