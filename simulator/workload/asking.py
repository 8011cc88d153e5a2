"""Requests of the run itself, before and after its load: they are to be answered, and measure nothing."""

from __future__ import annotations

import asyncio

from simulator.engine.http import Answer, HttpSender, Request
from simulator.measure.outcomes import Outcome

_TOO_MANY = 429
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between the attempts of one request: a marketplace that has just started may not be quick yet."""


async def asked(sender: HttpSender, request: Request) -> Answer:
    """The answer. What is unavailable, or too much at a time, is tried again for some seconds."""
    for pause in _PAUSES:
        answer = await sender.send(request)
        if answer.outcome is Outcome.OK or (answer.outcome is Outcome.REFUSED and answer.status != _TOO_MANY):
            return answer
        await asyncio.sleep(pause)
    return await sender.send(request)
