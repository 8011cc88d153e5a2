"""The faults of one run: known in words before it, settled once its target is known, carried out while it has load."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from services_stub.client.control import ControlClient
from services_stub.contracts.control import State
from simulator.faults.commands import Control, ControlInThreads
from simulator.faults.healing import heal
from simulator.faults.injector import Activity, Injector
from simulator.faults.kinds import KINDS, Place
from simulator.faults.nemesis import INTERVAL, draw
from simulator.faults.planned import FaultError, PlannedFault
from simulator.faults.target import Target, problems
from simulator.history import FaultRecord
from simulator.random_stream import RandomStream
from simulator.scenario.quantities import Duration

_LOOK_SECONDS = 0.1
_LINKS_OF_A_PURCHASE = ("gateway-order", "order-product")
_KAFKA_LINKS_OF_A_PURCHASE = ("order-kafka", "payment-kafka", "product-kafka", "notification-kafka")
_OF_LINKS = {kind.word for kind in KINDS if kind.place is Place.LINK}


class RunActivity(Protocol):
    """A run at one moment, as it counts itself: sagas that are open, those begun, and requests ended so far."""

    @property
    def open_sagas(self) -> int:
        """The sagas that are open."""

    @property
    def sagas_begun(self) -> int:
        """The sagas that have begun so far."""

    @property
    def requests_ended(self) -> int:
        """The requests that have ended so far."""


class RunFaults:
    """Faults given by hand, and those that a nemesis draws of `words` for a load that ends at `end_us`."""

    def __init__(
        self,
        faults: Sequence[PlannedFault],
        words: tuple[str, ...] = (),
        *,
        seed: int,
        end_us: int,
        interval_us: int = INTERVAL,
        connect: Callable[[State], Control] = lambda state: ControlInThreads(ControlClient.of(state)),
    ) -> None:
        self._faults, self._words = faults, words
        self._seed, self._end_us, self._interval_us = seed, end_us, interval_us
        self._connect = connect
        self._injector: Injector | None = None

    def lines(self) -> list[str]:
        """The faults in words, before the target is known."""
        every = f"one every {Duration(self._interval_us)}, drawn for the target from the seed"
        nemesis = [f"nemesis {','.join(self._words)}: {every}"] if self._words else []
        return [*(f"fault {fault}" for fault in self._faults), *nemesis]

    def links(self, *, own_kafka: bool) -> list[str]:
        """The connections that have to pass a proxy, in a marketplace that is started for these faults.

        Of those to Kafka, which carry every record, a nemesis has one service's, drawn from the seed.
        """
        links = [fault.target for fault in self._faults if fault.kind.place is Place.LINK]
        if _OF_LINKS & set(self._words):
            links += _LINKS_OF_A_PURCHASE
            if own_kafka:
                links.append(RandomStream(self._seed, "nemesis", "link").pick(_KAFKA_LINKS_OF_A_PURCHASE))
        return list(dict.fromkeys(links))

    def in_force(self) -> list[str]:
        """The faults that have begun and not ended, in words."""
        return [] if self._injector is None else [str(fault) for fault in self._injector.in_force.copy()]

    def planned_for(self, state: State | None) -> list[PlannedFault]:
        """The faults for a marketplace, None for one without a control API; the same for the same seed and services.

        Raises:
            FaultError: it cannot have them; the text has every reason.
        """
        return self._planned_for(Target() if state is None else Target.of(state))

    def of_a_fresh_one(self) -> list[str]:
        """The faults as they are written, for a marketplace that is started for them with the embedded broker.

        Raises:
            FaultError: it cannot have them; the text has every reason.
        """
        return [str(fault) for fault in self._planned_for(Target.fresh(self.links(own_kafka=True)))]

    def _planned_for(self, target: Target) -> list[PlannedFault]:
        drawn = draw(self._words, target, self._seed, self._end_us, self._interval_us) if self._words else []
        planned = sorted([*self._faults, *drawn], key=lambda fault: (fault.at, str(fault)))
        if found := problems(planned, target, self._end_us):
            raise FaultError("\n".join(found))
        return planned

    def check(self, state: State | None) -> list[str]:
        """The faults for a marketplace as they are written. Raises FaultError; the text has every reason."""
        return [str(fault) for fault in self.planned_for(state)]

    def carry_out(
        self,
        state: State | None,
        cluster: Any,  # noqa: ARG002 - of no use to these faults
        started_at: int,
        stopped: threading.Event,
        activity: Callable[[], RunActivity],
        keep: Callable[[FaultRecord], None],
    ) -> None:
        """Apply each fault at its time and clear it, in this thread; return when the marketplace works without faults.

        When `stopped` is set, what is in force is cleared at once, and nothing more applied.

        Raises:
            FaultError: the marketplace cannot have these faults; none was applied.
            NotHealed: it does not come back.
        """
        planned = self.planned_for(state)
        if planned and state is not None:
            control = self._connect(state)
            self._injector = Injector(
                control, clock=lambda: time.time_ns() // 1000, activity=lambda: _counted(activity()), record=keep
            )
            asyncio.run(_carried_out(self._injector, control, planned, started_at, stopped))


def _counted(now: RunActivity) -> Activity:
    return Activity(now.open_sagas, 0, sagas_begun=now.sagas_begun, requests_begun=now.requests_ended)


async def _carried_out(
    injector: Injector, control: Control, faults: Sequence[PlannedFault], started_at: int, stopped: threading.Event
) -> None:
    injecting = asyncio.create_task(injector.run(faults, started_at))
    try:
        while not injecting.done():
            if stopped.is_set():
                injecting.cancel()
            await asyncio.wait((injecting,), timeout=_LOOK_SECONDS)
        if not injecting.cancelled():
            injecting.result()
    finally:
        await heal(control)
