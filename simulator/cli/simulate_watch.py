"""`marketplace simulate watch`: follows a run from another process, by the progress that it writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.reading import Json, explained, say

if TYPE_CHECKING:
    from simulator.history.progress import Progress

_LOOK_SECONDS = 0.2


def watch(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="The directory of a run; by default that of the newest.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow a run until it ends: a line a second, or each piece of progress as JSON. Ends with the run's exit code.

    Exit code 64 where there is no run, 70 where it was killed.
    """
    with explained():
        from services_stub.contracts.encoding import encode_json
        from simulator.history import RunDirectory
        from simulator.history.progress import Ended
        from simulator.history.verdict import BAD_ARGUMENTS, INTERNAL_ERROR
        from simulator.report.progress_text import ProgressLines

        path = directory or _newest()
        if path is None or not (progress := RunDirectory(path).progress).exists():
            typer.echo(f"There is no run in {path or 'the directory of runs'} that could be watched.", err=True)
            raise typer.Exit(BAD_ARGUMENTS)
        lines = ProgressLines()
        for each in followed(progress):
            say([encode_json(each).decode()] if as_json else lines.of(each))
            if isinstance(each, Ended):
                raise typer.Exit(each.exit_code)
        typer.echo("The run has no end: it was killed, or its marketplace was not there.", err=True)
        raise typer.Exit(INTERNAL_ERROR)


def followed(path: Path) -> Iterator[Progress]:
    """All progress of a run as it comes, until it has ended, or its process is gone."""
    from simulator.history.progress import Begun, Ended, ProgressReader
    from simulator.history.runs import is_carried_out

    reader, begun = ProgressReader(path), None
    while True:
        # Asked first, so that what it wrote last is read.
        alive = path.exists() and (begun is None or is_carried_out(begun))
        for each in reader.new() if path.exists() else ():
            yield each
            if isinstance(each, Ended):
                return
            if isinstance(each, Begun):
                begun = each
        if not alive:
            return
        time.sleep(_LOOK_SECONDS)


def _newest() -> Path | None:
    from services_stub.client.user_files import state_directory
    from simulator.history.runs import newest_runs

    return next((found.path for found in newest_runs(state_directory() / "runs")), None)
