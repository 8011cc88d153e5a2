"""Values of command lines: their types, bounds and words, the same for every command."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from services_stub.contracts.decoding import number_of
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE

_LARGEST_FILE = 1_000_000
"""Characters that are read of a file of lines."""


def amount(text: str) -> Decimal:
    """An amount of money.

    Raises:
        typer.BadParameter: the text is none.

    """
    try:
        return number_of(text)
    except ValueError as error:
        raise typer.BadParameter("expected an amount like 12.50") from error


Limit = Annotated[int, typer.Option(min=1, max=LARGEST_PAGE, help="How many at most.")]
Cursor = Annotated[str, typer.Option(help="Where the page before ended.", show_default=False)]
Product = Annotated[str, typer.Argument(metavar="PRODUCT", help="The id of a product, or its end.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="The id of an order, or its end.")]
Reason = Annotated[str, typer.Option(help="Why, for those whom it concerns.", show_default=False)]
PartOf = Annotated[str, typer.Option("--seller", help="The part of this seller alone.", show_default=False)]
Key = Annotated[
    str,
    typer.Option(
        "--idempotency-key", help="The key of an attempt, to repeat it and not do it twice.", show_default=False
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
File = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Lines from a file; - reads standard input.", show_default=False)
]
USUAL_LIMIT = DEFAULT_PAGE


def lines_of(arguments: list[str] | None, file: Path | None) -> list[str]:
    """The lines of the command line and those of a file.

    Raises:
        typer.BadParameter: the file is too long, or is no text.
        OSError: it cannot be read.

    """
    if file is None:
        return arguments or []
    try:
        if str(file) == "-":
            text = sys.stdin.read(_LARGEST_FILE + 1)
        else:
            with file.open(encoding="utf-8") as opened:
                text = opened.read(_LARGEST_FILE + 1)
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} is no text in UTF-8", param_hint="--file") from None
    if len(text) > _LARGEST_FILE:
        raise typer.BadParameter(f"{file} has more than {_LARGEST_FILE:,} characters", param_hint="--file")
    return [*(arguments or []), *text.splitlines()]
