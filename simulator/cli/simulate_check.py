"""`marketplace simulate check`: judges a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.reading import Json, explained, say

_NO_RUN = 64


def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory of a run.", exists=True, file_okay=False)
    ],
    as_json: Json = False,
) -> None:
    """Judge a stored run: every order, charge, unit of stock and message of it. Writes `violations.json`.

    Exit code 0 if all is right, 1 if something is not, 2 if that cannot be said, 4 if orders were still under way, and
    64 if there is no run.
    """
    with explained():
        import msgspec

        from services_stub.contracts.encoding import indented_json
        from simulator.auditor.stored import check as check_run
        from simulator.auditor.verdict import lines_of
        from simulator.history.directory import RunDirectory
        from simulator.trace.recording import NoRecording

        try:
            report = check_run(RunDirectory(directory))
        except (NoRecording, OSError, msgspec.MsgspecError) as error:
            typer.echo(f"{directory} is no run that can be judged: {error}", err=True)
            raise typer.Exit(_NO_RUN) from None
        if as_json:
            typer.echo(indented_json(report))
        else:
            say(lines_of(report))
        raise typer.Exit(report.exit_code)
