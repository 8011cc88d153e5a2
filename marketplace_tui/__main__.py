"""`python -m marketplace_tui`: the command `marketplace`. Paints the first frame of the client, then loads the rest."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from marketplace_tui.first_frame import FIRST_FRAME

HELP = Path(__file__).with_name("help.txt")
"""The help of the root as the parser prints it on a terminal of this width: loading the parser takes longer."""

WIDTH = 80


def main() -> None:
    """The command `marketplace`."""
    try:
        sys.exit(_run(sys.argv[1:]))
    finally:
        _flush()


def _run(arguments: Sequence[str]) -> int:
    if arguments == ["--help"] and shutil.get_terminal_size().columns >= WIDTH:
        sys.stdout.write(HELP.read_text(encoding="ascii"))
        return 0
    FIRST_FRAME.begin(arguments)
    try:
        from marketplace_tui.cli import run

        return run(arguments)
    except KeyboardInterrupt:
        from marketplace_tui.failures import INTERRUPTED

        return INTERRUPTED
    finally:
        FIRST_FRAME.leave()


def _flush() -> None:
    """Write out what waits; where no one reads any more, drop it: Python would end with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
