"""A Kafka record as the trace sees it, no matter which client read it."""

from __future__ import annotations

import msgspec

Headers = tuple[tuple[str, bytes | None], ...]

Place = tuple[str, int, int]
"""Topic, partition and offset: where a record lies, once in the world."""


class TracedRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One record. `written_at` is the broker's or producer's time of it, in microseconds of Unix time."""

    topic: str
    partition: int
    offset: int
    written_at: int
    headers: Headers
    value: bytes | None
    key: bytes | None = None

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.topic, self.partition, self.offset

    def header(self, name: str) -> bytes | None:
        """The value of a header, of several with this name the last; None where there is none."""
        found = None
        for other, value in self.headers:
            if other == name:
                found = value
        return found


def place_text(place: Place) -> str:
    """A place as people write it: `topic[partition]@offset`."""
    topic, partition, offset = place
    return f"{topic}[{partition}]@{offset}"
