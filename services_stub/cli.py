"""The commands that run a marketplace and look at it. Each imports its modules when it runs, so help is quick."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services_stub.summaries import SUMMARIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services_stub.infra.config.directory import DataDirectory
    from services_stub.infra.config.options import Options

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run a marketplace, and look at it.")
schemas = typer.Typer(no_args_is_help=True, help=SUMMARIES["schemas"])
app.add_typer(schemas, name="schemas")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept; by default ~/.local/share/marketplace.", show_default=False),
]


@contextmanager
def _explained() -> Iterator[None]:
    """Problems that the person can solve end the command with their message alone."""
    from services_stub.client.control import ControlError
    from services_stub.infra.config.errors import CannotShow, CannotStart

    try:
        yield
    except (CannotStart, CannotShow, ControlError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _directory(chosen: Path | None) -> DataDirectory:
    from services_stub.infra.config.directory import DataDirectory, default_data_directory

    return DataDirectory(chosen or default_data_directory())


def _options(
    data_dir: Path | None,
    port: int | None,
    processes: int | None,
    seed: int,
    kafka: str,
    kafka_config: Path | None,
    smtp: str,
) -> Options:
    from services_stub.infra.config.options import Options, checked_kafka, checked_smtp, read_kafka_config

    return Options(
        directory=str(_directory(data_dir).root),
        port=port,
        one_process=processes == 1,
        seed=seed,
        kafka=checked_kafka(kafka),
        kafka_config=read_kafka_config(kafka_config) if kafka_config else {},
        smtp=checked_smtp(smtp),
    )


@app.command(help=SUMMARIES["up"])
def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is ready.")] = False,
    processes: Annotated[int | None, typer.Option(min=1, max=1, help="1: all services share one process.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The gateway's; by default 8080 or the next free.")
    ] = None,
    data_dir: DataDir = None,
    seed: Annotated[int, typer.Option(help="What the first catalogue is made from.")] = 1,
    kafka: Annotated[
        str, typer.Option(help="embedded, apache, or the addresses of a cluster: host:port,...")
    ] = "embedded",
    kafka_config: Annotated[Path | None, typer.Option(help="A file of librdkafka properties for that cluster.")] = None,
    smtp: Annotated[str, typer.Option(help="Deliver e-mail by this server: smtp://user:password@host:587.")] = "",
) -> None:
    """Run the supervisor in this process, or in one of its own that goes on when the command has ended."""
    with _explained():
        from services_stub.infra.supervisor import start

        options = _options(data_dir, port, processes, seed, kafka, kafka_config, smtp)
        (start.detached if detach else start.foreground)(options, typer.echo)


@app.command(help=SUMMARIES["down"])
def down(data_dir: DataDir = None) -> None:
    """Return when the data directory is free, so that the next marketplace can start at once."""
    with _explained():
        from services_stub.infra.inspection import running

        ended = running.end(directory := _directory(data_dir))
        typer.echo("The marketplace has ended." if ended else f"No marketplace runs on {directory.root}.")


@app.command(help=SUMMARIES["status"])
def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False, data_dir: DataDir = None) -> None:
    """Print the answer of the control API."""
    with _explained():
        from services_stub.infra.inspection import running, tables

        show = tables.status_as_json if as_json else tables.status
        typer.echo(show(running.Running(_directory(data_dir)).status()))


@app.command(help=SUMMARIES["logs"])
def logs(
    service: Annotated[str, typer.Argument(help="A service, kafka, valkey or supervisor; all if left away.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """Read the files in the data directory, also when no marketplace runs."""
    with _explained():
        from services_stub.infra.inspection import log_view

        log_view.show(_directory(data_dir), service, lines, follow, typer.echo)


@app.command(help=SUMMARIES["mail"])
def mail(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="Show this message.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to list.")] = 20,
    data_dir: DataDir = None,
) -> None:
    """Read the spool of the notification service; one message is printed as it went out."""
    with _explained():
        from services_stub.infra.inspection import mail as spool
        from services_stub.infra.inspection import running, tables

        found = running.Running(_directory(data_dir))
        typer.echo(tables.mails(spool.newest(found, limit)) if number is None else spool.one(found, number).message)


@schemas.command()
def export(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; created if missing.")]) -> None:
    """Write the JSON Schemas of the events, the AsyncAPI and the OpenAPI document."""
    with _explained():
        from services_stub.infra.inspection import schemas as documents

        typer.echo("\n".join(map(str, documents.export(directory))))
