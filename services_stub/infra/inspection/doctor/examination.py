"""The whole examination, in the order in which a person would look."""

from __future__ import annotations

from urllib.parse import urlsplit

from services_stub.client.control import NotRunning, read_state
from services_stub.infra.config.directory import DataDirectory, is_locked
from services_stub.infra.inspection.doctor import machine, marketplace, terminal
from services_stub.infra.inspection.doctor.diagnosis import Diagnoses


def examine(directory: DataDirectory) -> Diagnoses:
    """The machine, the terminal, and the marketplace on the directory."""
    return Diagnoses(
        items=[
            *machine.examine(directory, _own_port(directory)),
            *terminal.examine(),
            *marketplace.examine(directory),
        ]
    )


def _own_port(directory: DataDirectory) -> int:
    try:
        return urlsplit(read_state(directory.root).gateway).port or 0 if is_locked(directory) else 0
    except NotRunning:
        return 0
