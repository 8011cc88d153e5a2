"""The commands of the simulator. Each imports its modules when it runs, so help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli import simulate, trace
from simulator.summaries import SUMMARIES

_GROUP = "Drive a marketplace from outside."

app = typer.Typer(no_args_is_help=True, help=_GROUP)
app.add_typer(trace.app, name="trace", help=SUMMARIES["trace"])
app.add_typer(simulate.app, name="simulate", help=SUMMARIES["simulate"])


@app.command(
    help=f"""{SUMMARIES["demo"]}

    Exit code 0 only if every outcome is right; 1 if one is not, 69 if the marketplace does not start, 130 if you
    interrupted it.
    """
)
def demo(
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the steps and the events to FILE.", dir_okay=False),
    ] = None,
    kafka: Annotated[
        str, typer.Option(metavar="embedded|apache|HOST:PORT,...", help="Which Kafka to run on.")
    ] = "embedded",
    kafka_config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Further librdkafka properties.", exists=True, dir_okay=False, readable=True),
    ] = None,
) -> None:
    """Run the walkthrough on a marketplace of its own, and write the report if asked for."""
    from simulator.demo.output import DemoOutput
    from simulator.demo.run import run_demo
    from simulator.marketplace_process import StartOptions

    if json is not None:
        json.touch()  # a file that cannot be written ends the command before the walkthrough, not after it
    report = run_demo(StartOptions(kafka=kafka, kafka_config=kafka_config, rate_limit="off"), DemoOutput())
    if json is not None:
        json.write_text(report.json(), encoding="utf-8")
    raise typer.Exit(report.exit_code)
