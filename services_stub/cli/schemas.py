"""The commands about the published contracts; they need no marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services_stub.cli.data_directory import explained

app = typer.Typer(no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """Commands below `schemas`."""


@app.command()
def export(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; created if missing.")]) -> None:
    """Write the JSON Schemas of the events, the AsyncAPI and the OpenAPI document."""
    with explained():
        from services_stub.infra.inspection import schemas as documents

        typer.echo("\n".join(map(str, documents.export(directory))))
