"""The command group of the simulator: what it offers to the command line, with its imports made when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="What drives a marketplace from outside.")


@app.callback()
def simulator() -> None:
    """What drives a marketplace from outside."""


@app.command()
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
    """Watch a purchase travel: a whole marketplace for a few seconds.

    Exit code 0 only if every outcome is right; 1 if one is not, 69 if the marketplace does not start, 130 if you
    interrupted it.
    """
    from simulator.demo.marketplace_process import StartOptions
    from simulator.demo.output import DemoOutput
    from simulator.demo.run import run_demo

    if json is not None:
        json.touch()  # a file that cannot be written is said before the show, not after it
    report = run_demo(StartOptions(kafka=kafka, kafka_config=kafka_config), DemoOutput())
    if json is not None:
        json.write_text(report.json(), encoding="utf-8")
    raise typer.Exit(report.exit_code)
