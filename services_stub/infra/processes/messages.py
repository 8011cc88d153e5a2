"""The messages between the supervisor and a process that was forked for it; each kind of process adds its own."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from services_stub.runtime.settings import Settings


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """A JSON object that names its kind; both ends are of one version, so an unknown kind or field is a bug."""


class Progress(Message, frozen=True, kw_only=True):
    """A line for the person who waits."""

    text: str


class Problem(Message, frozen=True, kw_only=True):
    """The reason why a request or a job came to nothing, for the person who asked for it."""

    text: str


class Done(Message, frozen=True, kw_only=True):
    """A request is carried out, or a job without result is finished."""


Answer: TypeAlias = Done | Problem


class ServiceArguments(Message, frozen=True, kw_only=True):
    """The settings of the services that share a process."""

    services: list[Settings]


encode = msgspec.json.Encoder().encode
ANSWER: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
