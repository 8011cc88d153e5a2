"""Records that are no events, and dead letters: each of the first must become one of the second, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from services_stub.contracts.topics import DEAD_LETTER_SUFFIX
from simulator.auditor.checks import Check
from simulator.auditor.partitions import Partitions
from simulator.auditor.violation import Violation
from simulator.trace.events import correlation_of, dead_letter_of
from simulator.trace.expected import CONSUMERS
from simulator.trace.records import Place, TracedRecord, place_text


class Poison:
    """All poison and all dead letters of a run."""

    def __init__(self) -> None:
        self._poison: set[Place] = set()
        self._dead: dict[Place, tuple[Place, str, str, str]] = {}

    def __len__(self) -> int:
        return len(self._poison)

    def note(self, record: TracedRecord) -> None:
        """Take a record of a topic of events that is none."""
        if CONSUMERS.get(record.topic):
            self._poison.add(record.place)

    def note_dead_letter(self, record: TracedRecord) -> None:
        """Take a dead letter."""
        assert record.topic.endswith(DEAD_LETTER_SUFFIX)
        dead = dead_letter_of(record)
        if dead is not None:
            reason = dead.error.partition("\n")[0]
            self._dead[dead.of] = (record.place, dead.group, reason, correlation_of(record))

    def end(self, partitions: Partitions) -> Iterator[Violation]:
        """Poison that no group gave up, and events that one did."""
        for place in sorted(self._poison - self._dead.keys()):
            detail = "is no event, and there is no dead letter of it"
            yield Violation(Check.UNCONTAINED_POISON, place_text(place), detail, "", (place,))
        for of, (place, group, reason, flow) in self._dead.items():
            if of not in self._poison and partitions.holds(*of):
                detail = f"is an event, and {group} gave it up: {reason}"
                yield Violation(Check.GIVEN_UP, place_text(of), detail, flow, (of, place))
