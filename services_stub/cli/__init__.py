"""The commands that run a marketplace and look at it. Each imports its modules when it runs, so help is quick."""

from __future__ import annotations

import typer

from services_stub.cli import diagram, inspecting, kafka, running, schemas
from services_stub.summaries import SUMMARIES

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run a marketplace, and look at it.")
app.add_typer(running.app)
app.add_typer(inspecting.app)
app.add_typer(diagram.app)
app.add_typer(schemas.app, name="schemas", help=SUMMARIES["schemas"])
app.add_typer(kafka.app, name="kafka", help=SUMMARIES["kafka"])
