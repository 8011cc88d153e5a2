"""Counts warnings and errors that repeat themselves instead of writing each: what fails fast must not fill the disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

WINDOW_SECONDS = 60.0
WHOLE = 5
"""So many of a kind are written in a window; of the others the tenth, the hundredth and so on, with their number."""

_MOST_KINDS = 1000


class Repetition:
    """Decides which lines are written, by their kinds. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}

    def number(self, kind: str) -> int:
        """The number of a line among those of its kind in this window; 0 where it is left out."""
        now = self._clock()
        since, count = self._seen.get(kind, (now, 0))
        if now - since >= WINDOW_SECONDS:
            since, count = now, 0
        if kind not in self._seen and len(self._seen) >= _MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = since, count + 1
        return count + 1 if count < WHOLE or str(count + 1).strip("0") == "1" else 0

    def __call__(self, _logger: Any, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Be a processor of structlog: raises `structlog.DropEvent` for a line that is left out."""
        if level in ("debug", "info"):
            return line
        number = self.number(f"{line.get('event')} {_place_of(line.get('exc_info'))}")
        if not number:
            raise structlog.DropEvent
        if number > WHOLE:
            line["occurrences"] = number
        return line

    def filter(self, record: logging.LogRecord) -> bool:
        """Be a filter of the standard library's loggers."""
        number = self.number(f"{record.name} {record.msg} {_place_of(record.exc_info)}")
        if number > WHOLE:
            record.msg, record.args = f"{record.getMessage()} ({number} occurrences)", ()
        return number > 0


def _place_of(found: Any) -> str:
    """The type of an exception and the line that raised it: another one is another kind."""
    error = found[1] if isinstance(found, tuple) else found
    if not isinstance(error, BaseException):
        return ""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{type(error).__name__} {'' if traceback is None else traceback.tb_lineno}"
