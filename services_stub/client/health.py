"""Whether the marketplace works."""

from __future__ import annotations

from services_stub.client.transport import Transport
from services_stub.contracts.http.gateway import Health


class HealthArea:
    """The operations that monitors use."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def ready(self) -> Health:
        """Which of the services answer; `ready` is true if all do."""
        return await self._transport.request("GET", "/health/ready", Health, signed=False, also=(503,))

    async def live(self) -> None:
        """Return if the gateway itself is alive."""
        await self._transport.request_empty("GET", "/health/live", signed=False)
