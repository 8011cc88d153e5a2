"""The numbers of the marketplace for an admin, and what needs a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from services_stub.contracts.http.analytics import Series, Summary
from services_stub.contracts.http.dead_letters import DeadLetters, DeadLetterState
from services_stub.contracts.http.gateway import Health

Resolution: TypeAlias = Literal["second", "minute", "hour"]
RESOLUTIONS: tuple[Resolution, ...] = ("second", "minute", "hour")

POINTS = 60
RATE_SECONDS = 10
"""The rate of orders is the mean of so many seconds."""


class Overview:
    """The summary, the series by second and by the chosen resolution, and the health of the services."""

    def __init__(self, marketplace: Marketplace) -> None:
        tasks, clock = marketplace.tasks, marketplace.clock
        self.resolution: Resolution = "minute"
        self.control = marketplace.control
        self._marketplace = marketplace
        self.summary: Resource[Summary] = Resource(self._read_summary, tasks, clock)
        self.seconds: Resource[Series] = Resource(lambda: self._read_series("second"), tasks, clock)
        self.steps: Resource[Series] = Resource(lambda: self._read_series(self.resolution), tasks, clock)
        self.health: Resource[Health] = Resource(self._read_health, tasks, clock)
        self.dead_letters: Resource[DeadLetters] = Resource(self._read_dead_letters, tasks, clock)

    @property
    def resources(self) -> Sequence[Resource[Any]]:
        """Everything that is read from the gateway."""
        return (self.summary, self.seconds, self.steps, self.health, self.dead_letters)

    def refresh(self) -> None:
        """Read everything again."""
        for resource in self.resources:
            resource.refresh()
        if self.control is not None:
            self.control.status.refresh()
            self.control.faults.refresh()

    def next_resolution(self) -> None:
        """Show the steps of the next length."""
        self.resolution = RESOLUTIONS[(RESOLUTIONS.index(self.resolution) + 1) % len(RESOLUTIONS)]
        self.steps.forget()
        self.steps.refresh()

    async def _read_summary(self) -> Summary:
        return await self._marketplace.connection.ask(self._marketplace.client.analytics.summary(top=5))

    async def _read_series(self, resolution: Resolution) -> Series:
        return await self._marketplace.connection.ask(
            self._marketplace.client.analytics.series(resolution, points=POINTS)
        )

    async def _read_health(self) -> Health:
        return await self._marketplace.connection.ask(self._marketplace.client.health.ready())

    async def _read_dead_letters(self) -> DeadLetters:
        """How many are open is all that is shown of them."""
        listing = self._marketplace.client.dead_letters.list(state=DeadLetterState.OPEN, limit=1)
        return await self._marketplace.connection.ask(listing)


def rate_of(series: Series) -> float:
    """Orders a second: the mean of the last complete seconds."""
    complete = series.points[:-1][-RATE_SECONDS:]
    return sum(point.placed for point in complete) / len(complete) / series.step_seconds if complete else 0.0


PAID = ("PAID", "SHIPPED", "DELIVERED")
"""The statuses of orders that are paid for and go on."""


def share_of(orders: dict[str, int], *statuses: str) -> float:
    """The share of orders that have one of the statuses; 0 where there are no orders."""
    total = sum(orders.values())
    return sum(orders.get(status, 0) for status in statuses) / total if total else 0.0
