"""Structured logs: one JSON object a line, with the service, and the correlation id where there is one."""

from __future__ import annotations

import io
import logging
import sys
from contextlib import suppress

import structlog


class LossyText(io.TextIOWrapper):
    """A text stream that loses what cannot be written, for example to a full disk.

    Logs are written where errors are dealt with: one of their own would end a thread, or keep a process from ending.
    """

    def write(self, text: str, /) -> int:
        """Write, or lose it."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        with suppress(OSError):
            super().flush()


def configure(*, level: int = logging.INFO) -> None:
    """Send the logs of this process to standard error, which the launcher keeps in a file."""
    sys.stderr = LossyText(sys.stderr.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
