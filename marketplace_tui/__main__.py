"""`python -m marketplace_tui`: the command `marketplace`. Paints the first frame of the client, then loads the rest."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from marketplace_tui.first_frame import FIRST_FRAME

HELP = Path(__file__).with_name("help.txt")
"""The help of the root as the parser prints it on a terminal of this width: loading the parser takes longer."""

WIDTH = 80


def main() -> None:
    """The command `marketplace`."""
    arguments = sys.argv[1:]
    if arguments == ["--help"] and shutil.get_terminal_size().columns >= WIDTH:
        sys.stdout.write(HELP.read_text(encoding="ascii"))
        return
    FIRST_FRAME.begin(arguments)
    try:
        from marketplace_tui.cli import run

        code = run(arguments)
    except KeyboardInterrupt:
        code = 130
    finally:
        FIRST_FRAME.leave()
    sys.exit(code)


if __name__ == "__main__":
    main()
