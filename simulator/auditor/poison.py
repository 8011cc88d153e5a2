"""Records that are no events, and dead letters: every group gives up the first that it reads, and nothing else."""

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
        self._dead: dict[Place, dict[str, tuple[Place, str, str]]] = {}
        """The dead letters of each record, by the group that gave it up."""

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
            self._dead.setdefault(dead.of, {})[dead.group] = (record.place, reason, correlation_of(record))

    def end(self, partitions: Partitions) -> Iterator[Violation]:
        """Poison that a group did not give up, and events that one did."""
        for place in sorted(self._poison):
            missing = CONSUMERS[place[0]] - self._dead.get(place, {}).keys()
            if missing:
                detail = f"is no event, and there is no dead letter of it by {', '.join(sorted(missing))}"
                yield Violation(Check.UNCONTAINED_POISON, place_text(place), detail, "", (place,))
        for of, groups in self._dead.items():
            for group, (place, reason, flow) in groups.items() if of not in self._poison else ():
                if partitions.holds(*of):
                    detail = f"is an event, and {group} gave it up: {reason}"
                    yield Violation(Check.GIVEN_UP, place_text(of), detail, flow, (of, place))
