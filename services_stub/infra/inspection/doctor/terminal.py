"""The terminal in which the client would run: its size, its colours, and its characters."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from services_stub.infra.inspection.doctor.diagnosis import Diagnosis, fine, note, wrong

LEAST_COLUMNS, LEAST_LINES = 80, 24


def examine() -> list[Diagnosis]:
    """The terminal behind standard output; without one there is nothing to examine but the characters."""
    encoding = sys.stdout.encoding or ""
    if not sys.stdout.isatty():
        advice = "Run `marketplace doctor` in the terminal in which the client is to run."
        return [
            note("terminal", "standard output is none, so that its size is not known", advice),
            characters(encoding),
        ]
    return [size(*os.get_terminal_size(sys.stdout.fileno())), colours(os.environ), characters(encoding)]


def size(columns: int, lines: int) -> Diagnosis:
    """The size in cells."""
    text = f"{columns} columns, {lines} lines"
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        return wrong(
            "terminal size", text, f"Enlarge it: the client needs {LEAST_COLUMNS} columns and {LEAST_LINES} lines."
        )
    return fine("terminal size", text)


def colours(environment: Mapping[str, str]) -> Diagnosis:
    """The colours that the environment promises."""
    kind = environment.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        return wrong(
            "terminal colours", f"TERM={kind} names no terminal", "Set it to what yours is, e.g. xterm-256color."
        )
    if environment.get("NO_COLOR"):
        return note("terminal colours", "NO_COLOR is set", "Unset it to see colours; all can be read without.")
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return fine("terminal colours", f"16 million, TERM={kind}")
    return fine("terminal colours", f"{'256' if '256' in kind else 'at least 8'}, TERM={kind}")


def characters(encoding: str) -> Diagnosis:
    """The encoding of what is printed."""
    if encoding.lower().replace("-", "") != "utf8":
        return wrong(
            "characters", f"{encoding or 'no encoding'}, not UTF-8", "Set LANG to a UTF-8 locale, e.g. C.UTF-8."
        )
    return fine("characters", "UTF-8")
