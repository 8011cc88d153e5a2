"""Folders of tests that end with the process, for what is made in places where pytest hands out none."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

_ALL = Path(tempfile.mkdtemp(prefix="marketplace-tests-"))
atexit.register(shutil.rmtree, _ALL, ignore_errors=True)


def new_folder() -> Path:
    """An empty folder."""
    return Path(tempfile.mkdtemp(dir=_ALL))
