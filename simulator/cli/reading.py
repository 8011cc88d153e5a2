"""The options that say what is traced, and how problems with it end a command.

A running marketplace by its data directory, any cluster by its addresses, or a recording.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.trace.begin import Begin
    from simulator.trace.cluster import Cluster
    from simulator.trace.flow import Flow
    from simulator.trace.kafka_source import KafkaSource
    from simulator.trace.records import TracedRecord
    from simulator.trace.store import FlowStore

FAILED, NOT_REACHABLE, INTERRUPTED = 1, 69, 130

DataDir = Annotated[
    Path | None,
    typer.Option(help="The data directory of the marketplace; by default that of `up`.", show_default=False),
]
Kafka = Annotated[str, typer.Option(metavar="HOST:PORT,...", help="Any cluster instead of a marketplace.")]
KafkaConfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Further librdkafka properties.", exists=True, dir_okay=False, readable=True),
]
From = Annotated[
    str,
    typer.Option(
        "--from", metavar="WHERE", help="beginning, end, an offset, a time, or a while ago: 90s, 10m, 2h, 1d."
    ),
]
Recording = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read a recording instead.", exists=True, dir_okay=False, readable=True),
]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON.")]
FlowId = Annotated[str, typer.Argument(metavar="ID", help="A flow, for example the id of an order, or its beginning.")]


class Reading:
    """The records that a command reads, and where it begins."""

    def __init__(
        self, data_dir: Path | None, kafka: str, kafka_config: Path | None, begin: str, recording: Path | None
    ) -> None:
        """Raises BadParameter where `begin` is no place to begin, or two things are to be read."""
        from simulator.trace.begin import begin_of

        if kafka and recording is not None:
            raise typer.BadParameter("choose one of them", param_hint="--kafka and --recording")
        try:
            self._begin: Begin = begin_of(begin, datetime.now(UTC))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--from") from error
        self._data_dir, self._kafka, self._kafka_config, self.recording = data_dir, kafka, kafka_config, recording

    @property
    def cluster(self) -> Cluster:
        """The cluster; raises NotRunning where none is named and no marketplace runs."""
        from services_stub.client.control import read_state
        from services_stub.client.user_files import default_data_directory
        from simulator.trace.cluster import Cluster, properties_in

        directory = (self._data_dir or default_data_directory()).expanduser()
        config = {} if self._kafka_config is None else properties_in(self._kafka_config)
        if self._kafka:
            return Cluster(self._kafka, config)
        state = read_state(directory)
        return Cluster(state.kafka.bootstrap_servers, {**state.kafka_config, **config})

    @property
    def now(self) -> int:
        """The present in microseconds of Unix time; 0 in a recording, whose present is its newest record."""
        return 0 if self.recording is not None else time.time_ns() // 1000

    def source(self) -> KafkaSource:
        """A reader of all topics from the chosen beginning."""
        from simulator.trace.kafka_source import KafkaSource

        cluster = self.cluster
        return KafkaSource(cluster.bootstrap_servers, None, begin=self._begin, config=cluster.config)

    def batches(self) -> Iterator[list[TracedRecord]]:
        """All records until the present end."""
        from simulator.trace.recording import recorded

        if self.recording is not None:
            yield from recorded(self.recording)
            return
        with self.source() as source:
            yield from source.until_end()

    def store(self, flow_ids: tuple[str, ...] = ()) -> FlowStore:
        """All flows, or those whose ids begin so, of what there is now."""
        from simulator.trace.spill import Spill
        from simulator.trace.store import FlowStore

        store = FlowStore(wanted=(lambda each: each.startswith(flow_ids)) if flow_ids else None, spill=Spill())
        store.fill(self.batches())
        return store


@contextmanager
def explained() -> Iterator[None]:
    """Problems that the person can solve end the command with their message alone."""
    from services_stub.client.control import ControlError
    from simulator.trace.kafka_source import SourceUnavailable
    from simulator.trace.recording import NoRecording

    try:
        yield
    except (ControlError, SourceUnavailable) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(NOT_REACHABLE) from None
    except NoRecording as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of the output has enough, as `head`
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - what is left in the buffer has nowhere to go
        raise typer.Exit(0) from None


def handed_over(url: str, flow: Flow) -> None:
    """Hand the spans of a flow to a collector; ends the command where that cannot be done."""
    from simulator.trace.otlp import otlp_document, send

    try:
        send(url, otlp_document(flow))
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--otlp") from problem
    except OSError as problem:
        typer.echo(f"{url} does not take the spans: {problem}", err=True)
        raise typer.Exit(NOT_REACHABLE) from None


def say(lines: list[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


def terminal() -> tuple[int, int | None]:
    """The columns of the output, and its lines where it is a terminal."""
    size = shutil.get_terminal_size()
    return size.columns, size.lines - 1 if sys.stdout.isatty() else None


def told(store: FlowStore) -> None:
    """Say on standard error what was read, where something was left out of it."""
    counts = store.counts
    text = (
        f"{counts.received:,} records = {counts.held:,} in {counts.flows:,} flows + {counts.reports:,} hop reports "
        f"+ {counts.unjoined:,} without or of another flow + {counts.evicted:,} evicted"
    )
    typer.echo(text, err=True)


def found(store: FlowStore, flow_id: str) -> Flow:
    """The flow with this id, or the only one whose id begins so; ends the command where there is none, or several."""
    ids = [flow_id] if flow_id in store.ids() else [each for each in store.ids() if each.startswith(flow_id)]
    flow = store.flow(ids[0]) if len(ids) == 1 else None
    if flow is not None:
        return flow
    several = f"{len(ids)} flows begin with {flow_id}: {', '.join(ids[:5])}"
    typer.echo(several if ids else f"No flow {flow_id} was read.", err=True)
    if not ids:
        told(store)
    raise typer.Exit(FAILED)
