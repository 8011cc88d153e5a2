"""Opens a place of code in the editor of the person, or copies it where that cannot be done."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Awaitable
from pathlib import Path

from textual.app import SuspendNotSupported

from marketplace_tui.screens.base import ClientScreen
from simulator.trace.code import located

_WITH_PLACE = {"code", "codium", "code-insiders"}
"""Editors that take `--goto file:line`. All others take `+line file`, as vi, emacs and nano do."""


async def open_code(screen: ClientScreen, looked_for: Awaitable[str]) -> None:
    """Open a `file:line` of the services in `$VISUAL` or `$EDITOR`; copy it where there is none."""
    place = await looked_for
    if not place:
        screen.say("No code of it is installed here.", "warning")
        return
    path, line = located(place)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    command = command_of(editor, path, line)
    if not command:
        _copy(screen, path, line, "$EDITOR is not set")
        return
    try:
        with screen.app.suspend():
            subprocess.run(command, check=False)
    except SuspendNotSupported:
        _copy(screen, path, line, "no editor can be opened here")
    except OSError as error:
        _copy(screen, path, line, f"{command[0]} cannot be started: {error.strerror}")


def command_of(editor: str, path: Path, line: int) -> list[str]:
    """The command line that opens a file at a line; empty without an editor."""
    try:
        words = shlex.split(editor)
    except ValueError:
        return []
    if not words:
        return []
    if Path(words[0]).name in _WITH_PLACE:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, f"+{line}", str(path)]


def _copy(screen: ClientScreen, path: Path, line: int, why: str) -> None:
    screen.app.copy_to_clipboard(f"{path}:{line}")
    screen.say(f"Copied {path}:{line}, because {why}")
