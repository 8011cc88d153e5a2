"""`marketplace trace`: flows in words, drawings and numbers. Each command imports its modules when it runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from simulator.cli import trace_streams
from simulator.cli.reading import (
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
    handed_over,
    say,
    terminal,
    told,
)

app = typer.Typer(no_args_is_help=True)
app.add_typer(trace_streams.app)


class Order(StrEnum):
    """Which flows come first in a list."""

    LATEST = "latest"
    SLOWEST = "slowest"


class View(StrEnum):
    """A way to look at a flow."""

    WATERFALL = "waterfall"
    SEQUENCE = "sequence"
    STATES = "states"
    STEPS = "steps"
    CODE = "code"
    RAW = "raw"
    ALL = "all"


class Form(StrEnum):
    """A form in which a flow leaves the program."""

    JSON = "json"
    MERMAID = "mermaid"
    TEXT = "text"
    HTML = "html"
    OTLP = "otlp-json"


@app.command("list")
def list_flows(
    sort: Annotated[Order, typer.Option(help="Which come first.")] = Order.LATEST,
    broken: Annotated[bool, typer.Option("--broken", help="Only those that are broken.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: Json = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """List flows: the latest, the slowest, or those that are broken."""
    with explained():
        from services_stub.contracts.encoding import indented_json
        from simulator.trace.tables import list_lines, row_of

        reading = Reading(data_dir, kafka, kafka_config, begin, recording)
        store = reading.store()
        seen = store.seen(reading.now)
        rows = [row for flow in store.flows() if (row := row_of(flow, seen)).broken or not broken]
        rows.sort(key=lambda row: row.milliseconds if sort is Order.SLOWEST else row.started_at, reverse=True)
        if as_json:
            typer.echo(indented_json(rows[:limit]))
        else:
            say(list_lines(rows[:limit], terminal()[0]))
            typer.echo(f"{min(limit, len(rows))} of {len(rows):,} flows", err=True)
            told(store)


@app.command()
def show(
    flow_id: FlowId,
    view: Annotated[View, typer.Option(help="How to look at it.")] = View.WATERFALL,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters.")] = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """Draw one flow, and say what is wrong or slow."""
    with explained():
        from simulator.trace.drawings import draw
        from simulator.trace.findings import findings_of

        reading = Reading(data_dir, kafka, kafka_config, begin, recording)
        store = reading.store((flow_id,))
        flow = found(store, flow_id)
        width, height = terminal()
        say(draw(flow, findings_of(flow, store.seen(reading.now)), view, width, height, ascii_only))


@app.command()
def export(
    flow_id: FlowId,
    form: Annotated[Form, typer.Option("--format", help="The form.")] = Form.JSON,
    otlp: Annotated[
        str, typer.Option(metavar="URL", help="Hand it to a collector instead, as http://host:4318 takes OTLP.")
    ] = "",
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """Print one flow for another program, or hand its spans to a collector such as Jaeger."""
    with explained():
        from simulator.trace.document import exported
        from simulator.trace.findings import findings_of

        reading = Reading(data_dir, kafka, kafka_config, begin, recording)
        store = reading.store((flow_id,))
        flow = found(store, flow_id)
        if otlp:
            handed_over(otlp, flow)
            return
        typer.echo(exported(flow, findings_of(flow, store.seen(reading.now)), form), nl=False)


@app.command()
def diff(
    one: FlowId,
    other: FlowId,
    as_json: Json = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """Put two flows side by side: what took how long in each."""
    with explained():
        import json

        from simulator.trace.tables import difference, difference_lines

        store = Reading(data_dir, kafka, kafka_config, begin, recording).store((one, other))
        left, right = found(store, one), found(store, other)
        if as_json:
            rows = [{"what": what, "one": a, "other": b} for what, a, b in difference(left, right)]
            typer.echo(json.dumps(rows, indent=2))
        else:
            say(difference_lines(left, right, terminal()[0]))


@app.command()
def stats(
    as_json: Json = False,
    data_dir: DataDir = None,
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    begin: From = "beginning",
    recording: Recording = None,
) -> None:
    """Say how long each hop takes, p50 and p99, and where the time goes."""
    with explained():
        from services_stub.contracts.encoding import indented_json
        from simulator.trace.tables import statistics_lines, statistics_of

        store = Reading(data_dir, kafka, kafka_config, begin, recording).store()
        statistics = statistics_of(store.flows())
        if as_json:
            typer.echo(indented_json(statistics))
        else:
            say(statistics_lines(statistics, terminal()[0]))
            told(store)
