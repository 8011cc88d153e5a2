"""`python -m marketplace_tui`: the command `marketplace`. Paints the first frame of the client, then loads the rest."""

from __future__ import annotations

import sys

from marketplace_tui.first_frame import FIRST_FRAME


def main() -> None:
    """The command `marketplace`."""
    arguments = sys.argv[1:]
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
