"""The command that draws the marketplace; it needs none that runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services_stub.cli.data_directory import explained
from services_stub.summaries import SUMMARIES

app = typer.Typer()


class Format(StrEnum):
    """The kinds of diagram."""

    TEXT = "text"
    MERMAID = "mermaid"


@app.command(help=SUMMARIES["diagram"])
def diagram(
    kind: Annotated[Format, typer.Option("--format", help="What it is drawn in.")] = Format.TEXT,
    update: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Renew the diagrams in this Markdown file instead.")
    ] = None,
) -> None:
    """Draw what the services declare."""
    with explained():
        from services_stub.infra.inspection import diagram as drawing

        if update:
            drawing.update(update)
        else:
            typer.echo(drawing.draw(kind), nl=False)
