"""The first frame, painted before Textual is loaded, so that a person sees at once that the client starts."""

from __future__ import annotations

import shutil
import sys

_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[?1049l"


def paint(title: str) -> bool:
    """Paint the title and a line that says what is awaited; False where nothing was painted: this is no terminal."""
    if not sys.stdout.isatty():
        return False
    columns, lines = shutil.get_terminal_size()
    first = f" Marketplace › {title}"[:columns].ljust(columns)
    sys.stdout.write(f"{_ENTER}\x1b[7m{first}\x1b[0m\x1b[{max(lines - 1, 3)};2HLoading…")
    sys.stdout.flush()
    return True


def leave() -> None:
    """Show again what was there before the frame."""
    sys.stdout.write(_LEAVE)
    sys.stdout.flush()
