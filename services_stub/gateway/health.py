"""Asks every service whether it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from services_stub.contracts.http.gateway import Health, ServiceHealth
from services_stub.gateway.answer_times import AnswerTimes
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.sql.transaction import NO_CAUSE

ANSWER_SECONDS = 0.8
"""Shorter than clients wait for the gateway's own answer."""


async def health_of_all(peers: Peers, services: Iterable[str], answer_times: AnswerTimes) -> Health:
    """The readiness of each service with its answer times, and whether all are ready."""
    found = await asyncio.gather(*(_health_of(peers, service) for service in sorted(services)))
    timed = [msgspec.structs.replace(one, p99_ms=answer_times.p99_ms(one.name)) for one in found]
    return Health(ready=all(service.ready for service in found), services=timed)


async def _health_of(peers: Peers, service: str) -> ServiceHealth:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                return await peers.call(service, "GET", "/health/ready", expect=ServiceHealth, cause=NO_CAUSE)
            except Unavailable:  # one that answers, and is not ready, says there what it waits for
                return await peers.call(service, "GET", "/health/live", expect=ServiceHealth, cause=NO_CAUSE)
    except TimeoutError:
        return ServiceHealth(name=service, ready=False, detail="does not answer")
    except (Refused, Unavailable) as error:
        return ServiceHealth(name=service, ready=False, detail=str(error))
