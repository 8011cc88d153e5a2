"""`marketplace simulate shrink`: the smallest part of a failed run that still fails."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.reading import explained, say


def shrink(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory of a run that failed.", exists=True, file_okay=False)
    ],
    runs: Annotated[
        int, typer.Option(min=1, max=1000, help="At most so many runs; each takes as long as its load.")
    ] = 40,
) -> None:
    """Leave out faults and sessions of a failed run as long as it still fails, and print the command of what is left.

    Each part is run on a marketplace of its own; a check of those that were violated has to be violated again. Exit
    codes: 0 there is such a command, 2 not even the whole run failed again, 64 no run that failed, 69 a marketplace
    does not start, 130 interrupted; the smallest part until then is printed.
    """
    with explained():
        import msgspec

        from simulator.history.directory import RunDirectory
        from simulator.history.verdict import BAD_ARGUMENTS, INTERRUPTED, NOT_REACHABLE, Verdict
        from simulator.shrink.shrinking import Shrinking
        from simulator.shrink.stored import CannotShrink, StoredRun

        kept = directory / "shrink"
        try:
            stored = StoredRun(RunDirectory(directory), kept)
        except (CannotShrink, OSError, msgspec.MsgspecError) as error:
            typer.echo(f"{directory} cannot be shrunk: {error}", err=True)
            raise typer.Exit(BAD_ARGUMENTS) from None
        say([f"{stored.whole} failed: {', '.join(sorted(stored.failed))}"])
        search = Shrinking(stored.whole, stored.failed, stored.run, runs, lambda line: say([line]))
        code = 0
        try:
            search.search()
        except KeyboardInterrupt:
            code = INTERRUPTED
            say(["interrupted"])
        except CannotShrink as error:
            code = NOT_REACHABLE
            typer.echo(f"a part could not be run: {error}", err=True)
        smallest = search.smallest
        if smallest is None:
            say(["It has not failed again."])
            raise typer.Exit(code or Verdict.UNKNOWN.exit_code)
        scenario = stored.write_scenario()
        command = ["marketplace", "simulate", "run", str(scenario), "--seed", str(stored.seed), *smallest.options]
        say(["", f"{smallest} still fail:", shlex.join([*command, "--kafka", stored.kafka, "--fresh"])])
        raise typer.Exit(code)
