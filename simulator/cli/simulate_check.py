"""`marketplace simulate check`: judges a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.reading import Json, explained, say


def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory of a run.", exists=True, file_okay=False)
    ],
    as_json: Json = False,
) -> None:
    """Judge a stored run as its end did, with evidence: every order, charge, unit of stock and message of it.

    Writes `violations.json`. Exit codes: 0 pass, 1 invariant violated, 2 unknown, 4 not drained, 64 no run. How fast it
    was is not judged again.
    """
    with explained():
        import msgspec

        from services_stub.contracts.encoding import indented_json
        from simulator.auditor.stored import check as check_run
        from simulator.auditor.verdict import lines_of
        from simulator.history.directory import RunDirectory
        from simulator.history.verdict import BAD_ARGUMENTS
        from simulator.trace.recording import NoRecording

        try:
            report = check_run(RunDirectory(directory))
        except (NoRecording, OSError, msgspec.MsgspecError) as error:
            typer.echo(f"{directory} is no run that can be judged: {error}", err=True)
            raise typer.Exit(BAD_ARGUMENTS) from None
        if as_json:
            typer.echo(indented_json(report))
        else:
            say(lines_of(report))
        raise typer.Exit(report.exit_code)
