"""The first frame, painted before anything else is loaded, so that a person sees at once that the client starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

OPTIONS = frozenset({"--data-dir", "--gateway", "--as", "--recording"})
"""The options, each with a value, with which the client opens in this terminal."""

_ENTER, _LEAVE = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[?1049l"


class FirstFrame:
    """The frame of this process, which is there at most once."""

    def __init__(self) -> None:
        self._is_there = False

    def begin(self, arguments: Sequence[str]) -> None:
        """Paint it, where a command line opens the client on a terminal."""
        if not (opens_client(arguments) and sys.stdin.isatty() and sys.stdout.isatty()):
            return
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        title = " Marketplace"[:columns].ljust(columns)
        sys.stdout.write(f"{_ENTER}\x1b[7m{title}\x1b[0m\x1b[{max(lines - 1, 3)};2HLoading…")
        sys.stdout.flush()
        self._is_there = True

    def leave(self) -> None:
        """Show again what was there before it, for words that stay when the process has ended."""
        if self._is_there:
            self._is_there = False
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()

    def hand_over(self) -> None:
        """Leave it where it is: the client paints over it."""
        self._is_there = False


FIRST_FRAME = FirstFrame()


def opens_client(arguments: Sequence[str]) -> bool:
    """Whether a command line opens the client in its terminal, as far as that can be said without its parser."""
    rest = iter(arguments)
    for argument in rest:
        if argument in OPTIONS:
            next(rest, None)
        elif argument.partition("=")[0] not in OPTIONS and argument != "tour":
            return False
    return True
