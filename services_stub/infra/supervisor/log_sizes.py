"""Keeps the logs small while their processes run: one that has grown large is put aside and begun anew."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

LARGEST_LOG = 16 * 1024 * 1024
_EVERY_SECONDS = 2.0


async def bound_logs(directory: Path) -> None:
    """Look at the logs of a directory again and again, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        for log in directory.glob("*.log"):
            with contextlib.suppress(OSError):  # gone meanwhile, or the disk is full: next time
                if log.stat().st_size > LARGEST_LOG:
                    await asyncio.to_thread(begin_anew, log)


def begin_anew(log: Path) -> None:
    """Copy a log to `<log>.1`, in the place of the one before, and empty it.

    Its process, whatever it is, goes on with the file that it has open. A line that it writes between the two is lost.

    Raises:
        OSError: it cannot be copied; then it is emptied all the same, for that may be because the disk is full.
    """
    try:
        shutil.copyfile(log, log.with_suffix(".log.1"))
    finally:
        os.truncate(log, 0)
