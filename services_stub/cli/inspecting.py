"""The commands that look at a marketplace, and have its read models built anew."""

from __future__ import annotations

from typing import Annotated

import typer

from services_stub.cli.data_directory import DataDir, directory_of, explained
from services_stub.summaries import SUMMARIES

app = typer.Typer()


@app.command(help=SUMMARIES["status"])
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    with_lag: Annotated[bool, typer.Option("--lag", help="How far each consumer has come instead.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Print the answer of the control API, or the lag that the services tell."""
    with explained():
        from services_stub.infra.inspection import lag, running, tables

        found = running.Running(directory_of(data_dir))
        if with_lag:
            progress = lag.lag_of(found.state)
            typer.echo(lag.as_json(progress) if as_json else lag.as_table(progress))
        else:
            typer.echo(tables.status_as_json(found.status()) if as_json else tables.status(found.status()))


@app.command(help=SUMMARIES["logs"])
def logs(
    service: Annotated[str, typer.Argument(help="A service, kafka, valkey or supervisor; all if left away.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """Read the files in the data directory, also when no marketplace runs."""
    with explained():
        from services_stub.infra.inspection import log_view

        log_view.show(directory_of(data_dir), service, lines, follow, typer.echo)


@app.command(help=SUMMARIES["mail"])
def mail(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="Show this message.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to list.")] = 20,
    data_dir: DataDir = None,
) -> None:
    """Read the spool of the notification service; one message is printed as it went out."""
    with explained():
        from services_stub.infra.inspection import mail as spool
        from services_stub.infra.inspection import running, tables

        found = running.Running(directory_of(data_dir))
        typer.echo(tables.mails(spool.newest(found, limit)) if number is None else spool.one(found, number).message)


@app.command(help=SUMMARIES["rebuild"])
def rebuild(
    service: Annotated[str, typer.Argument(help="The service whose data is built anew: search.")],
    data_dir: DataDir = None,
) -> None:
    """Follow the rebuild, which the service does itself; searches are answered meanwhile."""
    if service != "search":
        raise typer.BadParameter(f"{service!r} cannot be rebuilt; only search can", param_hint="SERVICE")
    with explained():
        from services_stub.infra.inspection import rebuild as rebuilding
        from services_stub.infra.inspection import running

        rebuilding.follow(running.Running(directory_of(data_dir)), typer.echo)


@app.command(help=f"{SUMMARIES['doctor']}\n\nExit code 0 only if nothing is wrong.")
def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False, data_dir: DataDir = None) -> None:
    """Examine the machine, this terminal, and the marketplace if one runs."""
    with explained():
        from services_stub.infra.inspection.doctor import diagnosis, examination

        found = examination.examine(directory_of(data_dir))
        typer.echo(diagnosis.as_json(found) if as_json else diagnosis.as_text(found))
    if found.wrong:
        raise typer.Exit(1)
