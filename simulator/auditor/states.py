"""The states of many orders in little memory: those that changed last as objects, the others as bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

MOST_OPEN = 5_000
"""States that are kept as objects: more orders than are usually under way at once."""

State = TypeVar("State")


class States(Generic[State]):
    """A state for each id. One that has not changed for long costs its encoded size, about 300 bytes for an order."""

    def __init__(self, kind: type[State], new: Callable[[], State], most_open: int = MOST_OPEN) -> None:
        self._new, self._most = new, most_open
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._open: OrderedDict[str, State] = OrderedDict()
        self._closed: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._closed)

    def change(self, name: str) -> State:
        """The state of an id, to be changed at once; a new one where there is none."""
        state = self._open.get(name)
        if state is not None:
            self._open.move_to_end(name)
            return state
        content = self._closed.pop(name, None)
        state = self._open[name] = self._new() if content is None else self._decode(content)
        if len(self._open) > self._most:
            oldest, closed = self._open.popitem(last=False)
            self._closed[oldest] = self._encode(closed)
        return state

    def find(self, name: str) -> State | None:
        """The state of an id, to be read; None where there is none."""
        state = self._open.get(name)
        if state is None and (content := self._closed.get(name)) is not None:
            state = self._decode(content)
        return state

    def all(self) -> Iterator[tuple[str, State]]:
        """All ids and their states; nothing may change meanwhile."""
        yield from ((name, self._decode(content)) for name, content in self._closed.items())
        yield from self._open.items()
