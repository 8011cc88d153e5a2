"""Faults on request: what the broker does with requests of a kind, about a topic, a partition or a group."""

from __future__ import annotations

from functools import partial
from typing import Literal, TypeAlias

import msgspec

from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.refusals import groups, places, refusal

Action: TypeAlias = Literal["slow", "stop", "refuse", "error", "time-out", "cut"]
_REQUEST_TIMED_OUT = 7


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that a fault strikes, and what becomes of them; None stands for all.

    slow: the answer comes `seconds` later. stop: nothing is done until the fault is cleared. refuse: the connection is
    cut before the work. error: the work is not done, and every part of the answer has the code `error`. time-out: the
    work is done, and the answer says that it timed out. cut: the work is done, and the connection is cut. A request
    about several partitions is struck as a whole where one of them is meant.
    """

    action: Action
    api_key: int | None = None
    topic: str | None = None
    partition: int | None = None
    group: str | None = None
    count: int | None = None
    seconds: float = 0.0
    error: int = 0


class _InForce(msgspec.Struct):
    """A fault, how many requests it has struck, and those that it has stopped."""

    fault: Fault
    hits: int = 0
    stopped: list[tuple[Handler, Message, Context]] = []

    def strikes(self, request: Message, context: Context) -> bool:
        """Whether it is meant for this request; one that names its topics by their ids is about none."""
        fault = self.fault
        if fault.api_key not in (None, context.api_key) or self.hits == fault.count:
            return False
        if fault.group is not None and fault.group not in groups(request):
            return False
        if fault.topic is None and fault.partition is None:
            return True
        return any(
            fault.topic in (None, topic) and fault.partition in (None, partition)
            for topic, partition in places(request)
        )


class Faults:
    """The faults in force, by name. Those that came first strike first."""

    def __init__(self) -> None:
        self.active = False
        self._faults: dict[str, _InForce] = {}

    def put(self, name: str, fault: Fault) -> None:
        """Put a fault into force, in place of one of the same name."""
        self.clear(name)
        self._faults[name] = _InForce(fault)
        self.active = True

    def clear(self, name: str) -> None:
        """Take a fault out of force; what it has stopped is carried out. Nothing where it is not in force."""
        cleared = self._faults.pop(name, None)
        self.active = bool(self._faults)
        for handler, request, context in cleared.stopped if cleared else ():
            if not context.closed:
                context.carry_out(handler, request)

    def hits(self, name: str) -> int:
        """How many requests a fault has struck; KeyError where it is not in force."""
        return self._faults[name].hits

    def carry_out(self, handler: Handler, request: Message, context: Context) -> None:
        """Carry out a request as the faults want it."""
        struck = [found for found in self._faults.values() if found.strikes(request, context)]
        for found in struck:
            fault = found.fault
            found.hits += 1
            if fault.action == "slow":
                context.delay += fault.seconds
            elif fault.action == "time-out":
                context.instead = partial(refusal, request, context.api_key, context.version, _REQUEST_TIMED_OUT)
            elif fault.action == "cut":
                context.instead = context.connection.cut
            elif fault.action == "error":
                return context.answer(refusal(request, context.api_key, context.version, fault.error))
            elif fault.action == "refuse":
                return context.connection.cut()
            else:
                return found.stopped.append((handler, request, context))
        return context.carry_out(handler, request)
