"""Structured logs: one JSON object a line, with the service, and the correlation id where there is one."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from services_stub.contracts.text import escaped
from services_stub.contracts.times import rfc3339
from services_stub.logs.repetition import Repetition


class LossyText(io.TextIOWrapper):
    """A text stream that loses what cannot be written, for example to a full disk, and has no control characters.

    Logs are written where errors are dealt with: one of their own would end a thread, or keep a process from ending.
    Text of others is in them, which must neither begin a line nor steer the terminal that shows it. Escaped as JSON
    escapes it, it is the same text to those who decode a line.
    """

    def write(self, text: str, /) -> int:
        """Write, or lose it."""
        with suppress(OSError):
            super().write(escaped(text))
        return len(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        with suppress(OSError):
            super().flush()


def configure(now: Callable[[], datetime], *, level: int = logging.INFO) -> None:
    """Send the logs of this process to standard error, which the launcher keeps in a file; `now` is their time."""
    sys.stderr = LossyText(sys.stderr.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        lambda _logger, _method, event: {**event, "timestamp": rfc3339(now())},
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    repetition = Repetition()
    structlog.configure(
        processors=[repetition, *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter
    handler.setFormatter(formatter(foreign_pre_chain=shared, processors=[formatter.remove_processors_meta, renderer]))
    handler.addFilter(repetition.filter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
