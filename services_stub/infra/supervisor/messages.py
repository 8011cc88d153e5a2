"""The messages between the supervisor, the command that started it and the process that fills a new marketplace."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from services_stub.contracts.control import DevelopmentUser
from services_stub.infra.config.options import Options
from services_stub.infra.processes.messages import Message, Problem, Progress


class StartArguments(Message, frozen=True, kw_only=True):
    """The choices of `marketplace up --detach`."""

    options: Options


class Ready(Message, frozen=True, kw_only=True):
    """The marketplace is ready; the text is the welcome."""

    text: str


StartReport: TypeAlias = Progress | Problem | Ready

START_ARGUMENTS: msgspec.json.Decoder[StartArguments] = msgspec.json.Decoder(StartArguments)
START_REPORT: msgspec.json.Decoder[StartReport] = msgspec.json.Decoder(StartReport)


class SeedArguments(Message, frozen=True, kw_only=True):
    """Where the marketplace is, the seed of its catalogue, and its users."""

    gateway: str
    seed: int
    users: list[DevelopmentUser]
