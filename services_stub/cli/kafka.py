"""The commands about Kafka's protocol; they need no marketplace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from services_stub.cli.data_directory import explained

app = typer.Typer(no_args_is_help=True)


@app.callback()
def kafka() -> None:
    """Commands below `kafka`."""


@app.command()
def decode(
    file: Annotated[Path | None, typer.Argument(help="What was captured; standard input if left away.")] = None,
    as_hex: Annotated[bool, typer.Option("--hex", help="The input is hexadecimal digits.")] = False,
    response: Annotated[
        bool, typer.Option("--response", help="It is a response; --api and --version say to what.")
    ] = False,
    api: Annotated[str, typer.Option(help="The API of a response: Produce, or its key 0.", show_default=False)] = "",
    version: Annotated[int | None, typer.Option(min=0, help="The version of a response.", show_default=False)] = None,
) -> None:
    """Print a request or response as its fields, each with its offset and bytes, and mark those that are wrong.

    The four bytes of the size may be left out. Exit code 0 only if nothing is wrong.
    """
    if response != bool(api) or response != (version is not None):
        raise typer.BadParameter("a response needs --response, --api and --version, and a request none of them")
    with explained():
        from services_stub.infra.inspection import kafka_frames as frames

        data = _read(file, 3 * frames.LARGEST if as_hex else frames.LARGEST)
        asked = frames.Response(frames.api_key_of(api), version) if version is not None else None
        wrong = 0
        for line in frames.lines_of(frames.from_hex(data) if as_hex else data, asked):
            typer.echo(str(line))
            wrong += line.wrong
    if wrong:
        raise typer.Exit(1)


def _read(file: Path | None, largest: int) -> bytes:
    """The bytes of the input, and no more than one beyond the largest."""
    from services_stub.infra.config.errors import CannotShow

    try:
        if file is None:
            return sys.stdin.buffer.read(largest + 1)
        with file.open("rb") as opened:
            return opened.read(largest + 1)
    except OSError as error:
        raise CannotShow(f"{file or 'standard input'} cannot be read: {error.strerror}.") from error
