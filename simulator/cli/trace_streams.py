"""The commands of `marketplace trace` about streams: follow, record and replay one, and see what is read next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.reading import (
    FAILED,
    DataDir,
    FlowId,
    From,
    Json,
    Kafka,
    KafkaConfig,
    Reading,
    Recording,
    explained,
    found,
    say,
    terminal,
)

if TYPE_CHECKING:
    from simulator.trace.records import TracedRecord
    from simulator.trace.selection import Selection

app = typer.Typer()

Topic = Annotated[list[str] | None, typer.Option("--topic", metavar="PATTERN", help="Topics such as order-*.")]
Type = Annotated[list[str] | None, typer.Option("--type", metavar="PATTERN", help="Event types, short or whole.")]
Key = Annotated[str, typer.Option(help="The key of the record.")]
Header = Annotated[list[str] | None, typer.Option("--header", metavar="NAME=VALUE", help="A header.")]
Field = Annotated[
    list[str] | None, typer.Option("--field", metavar="PATH=VALUE", help="A field of the value: items.0.productId=p1.")
]
Pattern = Annotated[str, typer.Option("--grep", metavar="REGEX", help="Looked for in key, headers and value.")]

_RATE_SECONDS = 2.0


@app.command()
def follow(
    topic: Topic = None,
    kind: Type = None,
    key: Key = "",
    header: Header = None,
    field: Field = None,
    grep: Pattern = "",
    count: Annotated[int | None, typer.Option(min=1, help="End after so many records that are shown.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End at the present end instead of going on.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "",
    recording: Recording = None,
) -> None:
    """Print records as they come, one a line, until Ctrl-C. Hop reports only where their topic is named."""
    with explained():
        from simulator.trace.stream import Shown, line_of, object_of

        select = selection(topic, kind, key, header, field, grep)
        reading = Reading(data_dir, kafka, kafka_config, begin or ("beginning" if once else "end"), recording)
        shown = Shown()
        try:
            for record in _records(reading, once):
                if select(record):
                    typer.echo(as_line(object_of(record)) if as_json else line_of(record))
                    shown.shown += 1
                else:
                    shown.filtered += 1
                shown.received += 1  # only now: the reader of the output may have gone
                if shown.shown == count:
                    break
        finally:
            typer.echo(shown.text(), err=True)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is made anew.", dir_okay=False)],
    once: Annotated[bool, typer.Option("--once", help="End at the present end instead of going on.")] = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
) -> None:
    """Write all records into a file, until Ctrl-C; every command reads it with --recording."""
    with explained():
        from simulator.trace.recording import Recorder

        reading = Reading(data_dir, kafka, kafka_config, begin, None)
        with reading.source() as source, Recorder(file) as recorder:
            try:
                for batch in source.until_end():
                    recorder.write(batch)
                while not once:
                    recorder.write(source.step())
            finally:
                typer.echo(f"{recorder.records:,} records in {file}", err=True)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    write: Annotated[bool, typer.Option("--write", help="Do it; without this only say what would be done.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="At most so many records a second.")] = 1000.0,
    as_recorded: Annotated[bool, typer.Option("--as-recorded", help="At the pace of the recording instead.")] = False,
    topic: Topic = None,
    kind: Type = None,
    key: Key = "",
    header: Header = None,
    field: Field = None,
    grep: Pattern = "",
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
) -> None:
    """Write a recording back into a cluster: services that read there will handle it."""
    with explained():
        from simulator.trace import replay as replaying
        from simulator.trace.kafka_source import KafkaTarget
        from simulator.trace.recording import recorded

        select = selection(topic or ["*"], kind, key, header, field, grep)
        records = replaying.in_time(each for batch in recorded(file) for each in batch if select(each))
        cluster = Reading(data_dir, kafka, kafka_config, "beginning", None).cluster
        target = KafkaTarget(cluster.bootstrap_servers, cluster.config)
        for name, number in replaying.by_topic(records).items():
            typer.echo(f"{number:>10,}  {name}")
        if lacking := replaying.missing_topics(records, target.partitions):
            typer.echo(f"{cluster.bootstrap_servers} lacks {', '.join(lacking)}.", err=True)
            raise typer.Exit(FAILED)
        if not write:
            typer.echo(f"Nothing is written. With --write they go to {cluster.bootstrap_servers}.", err=True)
            return
        written, refused = replaying.replay(records, target, rate=None if as_recorded else rate)
        typer.echo(f"{written:,} written, {refused:,} refused", err=True)
        raise typer.Exit(FAILED if refused else 0)


@app.command()
def topology(
    form: Annotated[str, typer.Option("--format", help="text, mermaid or json.")] = "text",
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """Say which service publishes what, which reads it, how often in the last minute, and how far it is behind."""
    if form not in ("text", "mermaid", "json"):
        raise typer.BadParameter(f"{form!r} is none of text, mermaid, json", param_hint="--format")
    with explained():
        from services_stub.contracts.encoding import indented_json
        from simulator.trace.topology import Topology, lag_of, topology_lines, topology_mermaid

        reading = Reading(data_dir, kafka, kafka_config, begin, recording)
        counted = Topology()
        for batch in reading.batches():
            counted.add_all(batch)
        lag = {} if recording is not None else lag_of(reading.cluster, counted.consumed)
        links = counted.links(lag, reading.now)
        if form == "json":
            typer.echo(indented_json(links))
        else:
            say(topology_mermaid(links) if form == "mermaid" else topology_lines(links, terminal()[0]))
        for name, number in counted.unjoined.most_common():
            typer.echo(f"{number:,} records of {name} name no flow", err=True)


@app.command()
def where(
    flow_id: FlowId,
    as_json: Json = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
) -> None:
    """Say which consumer has a flow next, how many records are ahead of it, and how long that takes."""
    with explained():
        from services_stub.contracts.encoding import indented_json
        from simulator.trace.where import committed_in, groups_of, undone, waiting_for, waiting_lines

        reading = Reading(data_dir, kafka, kafka_config, begin, None)
        store = reading.store((flow_id,))
        flow = found(store, flow_id)
        pairs = undone(flow, groups_of(store.seen().progress))
        waiting = waiting_for(pairs, committed_in(reading.cluster), _wait) if pairs else []
        if as_json:
            typer.echo(indented_json(waiting))
        else:
            say(waiting_lines(waiting))


def selection(
    topic: list[str] | None,
    kind: list[str] | None,
    key: str,
    header: list[str] | None,
    field: list[str] | None,
    grep: str,
) -> Selection:
    """The filters of the command line."""
    from simulator.trace.selection import Selection, pair_of

    try:
        return Selection(
            topics=topic or (),
            types=kind or (),
            key=key,
            headers=[pair_of(each) for each in header or ()],
            fields=[pair_of(each) for each in field or ()],
            pattern=grep,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def as_line(value: object) -> str:
    """JSON in one line."""
    import msgspec

    return msgspec.json.encode(value).decode()


def _records(reading: Reading, once: bool) -> Iterator[TracedRecord]:
    if once or reading.recording is not None:
        for batch in reading.batches():
            yield from sorted(batch, key=_by_time)
        return
    with reading.source() as source:
        while True:
            yield from sorted(source.step(), key=_by_time)


def _by_time(each: TracedRecord) -> int:
    """Records that came together are told in the order of time, whichever topics they lie in."""
    return each.written_at


def _wait() -> float:
    begun = time.monotonic()
    time.sleep(_RATE_SECONDS)
    return time.monotonic() - begun
