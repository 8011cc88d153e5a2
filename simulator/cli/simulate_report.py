"""`marketplace simulate report` and `compare`: the results of stored runs, written again, and side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.reading import Json, explained, say

if TYPE_CHECKING:
    from simulator.report.results import Results

Stored = Annotated[Path, typer.Argument(metavar="DIR", help="The directory of a run.", exists=True, file_okay=False)]
Before = Annotated[
    Path, typer.Argument(metavar="BEFORE", help="The directory of the earlier run.", exists=True, file_okay=False)
]
After = Annotated[
    Path, typer.Argument(metavar="AFTER", help="The directory of the later run.", exists=True, file_okay=False)
]
AnyScenario = Annotated[bool, typer.Option("--any-scenario", help="Compare them even where their scenarios differ.")]


def report(directory: Stored) -> None:
    """Write the reports of a stored run again: report.html, junit.xml and summary.md, in its directory.

    Exit code 64 where there is no run, or one that has not ended.
    """
    with explained(), _readable(directory):
        from simulator.history import RunDirectory
        from simulator.report.writing import write_reports

        say([str(path) for path in write_reports(RunDirectory(directory))])


def compare(
    before: Before,
    after: After,
    any_scenario: AnyScenario = False,
    as_json: Json = False,
) -> None:
    """Compare a run with an earlier one, and say whether it is slower by more than chance.

    Percentiles of blocks of seconds, by the rank test of Mann and Whitney, adjusted for their number. A difference
    counts where it is significant (5 %) and larger than 5 %. Exit codes: 0 no regression, 2 unknown, 5 regression
    (slower, or a worse verdict), 64 no run, or another scenario.
    """
    with explained():
        from services_stub.contracts.encoding import indented_json
        from simulator.history.verdict import BAD_ARGUMENTS
        from simulator.report.comparison import compared, scenario_differences
        from simulator.report.comparison_text import comparison_lines

        ones, others = _results(before), _results(after)
        differences = scenario_differences(ones, others)
        if differences and not any_scenario:
            lines = ["The scenarios differ, so the runs tell nothing of each other:", *differences]
            typer.echo("\n".join([*lines, "`--any-scenario` compares them all the same."]), err=True)
            raise typer.Exit(BAD_ARGUMENTS)
        comparison = compared(ones, others)
        if as_json:
            typer.echo(indented_json(comparison))
        else:
            say([*differences, *comparison_lines(comparison)])
        raise typer.Exit(comparison.exit_code)


def _results(directory: Path) -> Results:
    from simulator.history import RunDirectory
    from simulator.report.results import read_results

    with _readable(directory):
        return read_results(RunDirectory(directory))


@contextmanager
def _readable(directory: Path) -> Iterator[None]:
    """A directory without results ends the command."""
    import msgspec

    from simulator.history.verdict import BAD_ARGUMENTS

    try:
        yield
    except FileNotFoundError as error:
        missing = Path(error.filename or "").name
        typer.echo(f"{directory} has no {missing}: it is no run, or one that is under way or was killed", err=True)
        raise typer.Exit(BAD_ARGUMENTS) from None
    except (OSError, msgspec.MsgspecError) as error:
        typer.echo(f"{directory} is no run that can be read: {error}", err=True)
        raise typer.Exit(BAD_ARGUMENTS) from None
