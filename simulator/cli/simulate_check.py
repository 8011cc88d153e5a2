"""`marketplace simulate check`: judges a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.reading import Json, explained, say
from simulator.cli.simulate_run import Slos, slos_of


def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory of a run.", exists=True, file_okay=False)
    ],
    slo: Slos = None,
    as_json: Json = False,
) -> None:
    """Judge a stored run as its end did, with evidence: every order, charge, unit of stock and message of it.

    With --slo also how fast it was, for example during its faults. Writes `violations.json`. Exit codes: 0 pass,
    1 invariant violated, 2 unknown, 3 SLO missed, 4 not drained, 64 no run.
    """
    objectives = slos_of(slo or [])
    with explained():
        import msgspec

        from services_stub.contracts.encoding import indented_json
        from simulator.auditor.stored import check as check_run
        from simulator.auditor.verdict import lines_of
        from simulator.history.directory import RunDirectory
        from simulator.history.verdict import BAD_ARGUMENTS, finding_of, worst
        from simulator.measure.text import judgement_line
        from simulator.run.judging import judged_again
        from simulator.trace.recording import NoRecording

        try:
            report = check_run(RunDirectory(directory))
            judgements = judged_again(RunDirectory(directory), objectives) if objectives else []
        except (NoRecording, OSError, msgspec.MsgspecError) as error:
            typer.echo(f"{directory} is no run that can be judged: {error}", err=True)
            raise typer.Exit(BAD_ARGUMENTS) from None
        if reasons := [*filter(None, map(finding_of, judgements))]:
            verdict = worst([*report.reasons, *reasons])
            report = msgspec.structs.replace(
                report, verdict=verdict, exit_code=verdict.exit_code, reasons=[*report.reasons, *reasons]
            )
        if as_json:
            typer.echo(indented_json(report))
        else:
            say([*map(judgement_line, judgements), *lines_of(report)])
        raise typer.Exit(report.exit_code)
