"""The result of a run of the demo, also as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from simulator.demo.steps import Step
from simulator.trace.flow import Flow

VERSION = 1


@dataclass(frozen=True)
class Report:
    """The steps as they went, and the flow of the paid order. Exit code 0: every outcome is right."""

    exit_code: int
    seconds: float
    first_paid_seconds: float | None
    steps: tuple[Step, ...]
    flow: Flow | None

    def json(self) -> str:
        """The report as a JSON document."""
        document = {
            "version": VERSION,
            "passed": self.exit_code == 0,
            "exitCode": self.exit_code,
            "seconds": round(self.seconds, 3),
            "firstPaidSeconds": None if self.first_paid_seconds is None else round(self.first_paid_seconds, 3),
            "steps": [{**asdict(step), "seconds": round(step.seconds, 4)} for step in self.steps],
            "flow": None if self.flow is None else flow_document(self.flow),
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def flow_document(flow: Flow) -> dict[str, Any]:
    """A flow as JSON; times are seconds since its start."""
    return {
        "correlationId": flow.correlation_id,
        "events": [
            {
                "since": flow.since_start(event.at),
                "topic": event.topic,
                "partition": event.partition,
                "offset": event.offset,
                "type": event.envelope.type,
                "id": event.envelope.id,
                "causationId": event.envelope.causation_id,
                "publisher": event.publisher,
                "consumers": [
                    {
                        "group": hop.group,
                        "instance": hop.instance,
                        "outcome": hop.outcome.value,
                        "polled": flow.since_start(hop.polled_at),
                        "committed": flow.since_start(hop.committed_at),
                    }
                    for hop in event.consumers
                ],
            }
            for event in flow.events
        ],
    }
