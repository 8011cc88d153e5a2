"""A flow replayed step by step: one event each, its way over the topology, and the states that it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.model.watched import Watched
from simulator.trace import Flow, FlowEvent
from simulator.trace.changes import Change, Transition, transitions_of
from simulator.trace.drawings.steps import groups_of


@dataclass(frozen=True)
class Way:
    """A publisher at a topic, and the groups that handled something there; `events` are the indexes of its events."""

    publisher: str
    topic: str
    groups: tuple[str, ...]
    events: tuple[int, ...]


def ways_of(flow: Flow) -> tuple[Way, ...]:
    """The ways of all events of a flow, in the order in which they are gone first."""
    found: dict[tuple[str, str], tuple[dict[str, None], list[int]]] = {}
    for index, event in enumerate(flow.events):
        groups, events = found.setdefault((event.publisher, event.topic), ({}, []))
        groups.update(dict.fromkeys(groups_of(event)))
        events.append(index)
    return tuple(Way(*ends, tuple(groups), tuple(events)) for ends, (groups, events) in found.items())


class ReplayModel(Watched):
    """The steps of the flow that another model follows, from the event `first` on, or from its beginning.

    Steps that come later are behind the present ones. `transitions` are empty until they were computed, in a thread:
    they need the contents of all events.
    """

    def __init__(self, model: FlowModel, tasks: Tasks, first: FlowEvent | None) -> None:
        super().__init__()
        self.model = model
        self.transitions: Sequence[Transition] = ()
        self.ways: tuple[Way, ...] = ()
        self._way_of: dict[int, int] = {}
        """The index of the way of each event."""
        self._tasks, self._place, self._step = tasks, first.place if first is not None else "", 0
        self._computing: asyncio.Task[None] | None = None
        self._flow: Flow | None = None

    @property
    def step(self) -> int:
        """The index of the event of the step."""
        return self._step

    @property
    def transition(self) -> Transition | None:
        """The step; None until it is known."""
        return self.transitions[self._step] if self._step < len(self.transitions) else None

    @property
    def way(self) -> int:
        """The index of the way of the step."""
        return self._way_of.get(self._step, 0)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The states that the step changed."""
        return self.transition.changes if self.transition is not None else ()

    def refresh(self) -> None:
        """Take in what came since."""
        drawn = self.model.drawn
        if drawn is not None and drawn.flow is not self._flow and (self._computing is None or self._computing.done()):
            self._computing = self._tasks.start(self._compute(drawn.flow))

    def go_to(self, step: int) -> None:
        """Go to a step, or to the nearest that is there."""
        if self.transitions:
            self._step = min(max(step, 0), len(self.transitions) - 1)
            self._place = self.transitions[self._step].event.place
            self.changed()

    def go_along(self, way: int) -> None:
        """Go to the next step on a way, or to its first."""
        events = self.ways[way].events
        self.go_to(next((index for index in events if index > self._step), events[0]))

    async def _compute(self, flow: Flow) -> None:
        self._flow = flow
        transitions, ways = await asyncio.to_thread(lambda: (transitions_of(flow), ways_of(flow)))
        self.transitions, self.ways = transitions, ways
        self._way_of = {event: index for index, way in enumerate(ways) for event in way.events}
        places = (index for index, each in enumerate(transitions) if each.event.place == self._place)
        self.go_to(next(places, self._step))
        self.refresh()
