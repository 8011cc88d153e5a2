"""Where Kafka is, and what a client must know to be let in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class Cluster(msgspec.Struct, frozen=True):
    """The addresses of a cluster, and further librdkafka properties, for example credentials."""

    bootstrap_servers: str
    config: Mapping[str, str] = {}


def properties_in(path: Path) -> dict[str, str]:
    """The librdkafka properties in a file: lines of `name=value`, and comments behind `#`. Raises OSError."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
