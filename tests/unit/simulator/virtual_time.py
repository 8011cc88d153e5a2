"""An event loop whose time jumps to the next timer as soon as nothing else is to be done."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from simulator.engine.load import Load, LoadOptions
from simulator.engine.session import Perform, Session, Step
from simulator.measure.measurements import Measurements, merged

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Does not wait for a time: moves the time on instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "all tasks wait, and no timer is set: they would wait for ever"
        self.now += timeout
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end without waiting for anything."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(main())


def clock() -> int:
    """Microseconds of the running loop."""
    return round(asyncio.get_running_loop().time() * 1_000_000)


async def wait_until(microseconds: int) -> None:
    """Let the time of the running loop get to a moment."""
    await asyncio.sleep((microseconds - clock()) / 1_000_000)


def measured(options: LoadOptions, sessions: Iterable[Session[Step]], perform: Perform) -> Measurements:
    """All measurements of a load, in virtual time."""
    parts: list[Measurements] = []

    async def main() -> None:
        await Load(options, perform, clock, parts.append).run(sessions)

    in_virtual_time(main)
    return merged(parts)
