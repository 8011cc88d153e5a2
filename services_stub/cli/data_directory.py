"""The option that names a marketplace, and how its problems end a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services_stub.infra.config.directory import DataDirectory

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept; by default ~/.local/share/marketplace.", show_default=False),
]


@contextmanager
def explained() -> Iterator[None]:
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


def directory_of(chosen: Path | None) -> DataDirectory:
    """The chosen data directory, or the default one."""
    from services_stub.client.user_files import default_data_directory
    from services_stub.infra.config.directory import DataDirectory

    return DataDirectory(chosen or default_data_directory())
