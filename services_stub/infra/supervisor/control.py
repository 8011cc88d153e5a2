"""The control API of the supervisor, on loopback and behind a token: look at the processes and disturb them.

GET  /status
POST /services/{name}/{kill|pause|resume|restart}
POST /broker/{slow|fail|stop|start|kill|restart}     slow: {"milliseconds": n}; fail: {"api_key": n, "errors": [n]}
POST /shutdown
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from services_stub.contracts.problem import MEDIA_TYPE, problem
from services_stub.infra.config.state_file import Status
from services_stub.infra.kafka.brokers import NotPossible
from services_stub.infra.processes.channel import Message
from services_stub.infra.supervisor.http_server import Answer, Request

SERVICE_ACTIONS = ("kill", "pause", "resume", "restart")
BROKER_ACTIONS = ("slow", "fail", "stop", "start", "kill", "restart")


class ControlTarget(Protocol):
    """What the API needs of the supervisor."""

    async def status(self) -> Status:
        """What runs now."""

    def act_on_service(self, name: str, action: str) -> None:
        """Carry out one of the service actions; KeyError if there is no such service."""

    async def act_on_broker(self, request: Message) -> None:
        """Carry out one of the broker actions."""

    def shut_down(self) -> None:
        """Begin to end everything."""


def control(target: ControlTarget, token: str) -> Callable[[Request], Awaitable[Answer]]:
    """The handler of the API."""

    async def handle(request: Request) -> Answer:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return refusal(401, "unauthenticated", "the control token of the state file is needed")
        match (request.method, *request.path.strip("/").split("/")):
            case ("GET", "status"):
                return Answer(body=msgspec.json.encode(await target.status()))
            case ("POST", "services", name, action) if action in SERVICE_ACTIONS:
                return _on_service(target, name, action)
            case ("POST", "broker", action) if action in BROKER_ACTIONS:
                return await _on_broker(target, action, request.body)
            case ("POST", "shutdown"):
                target.shut_down()
                return Answer(status=202)
        return refusal(404, "not-found", f"{request.method} {request.path} is nothing that the control API knows")

    return handle


def refusal(status: int, code: str, detail: str) -> Answer:
    """A problem document."""
    document = problem(status, code, detail).document()
    return Answer(status=status, body=msgspec.json.encode(document), media_type=MEDIA_TYPE)


def _on_service(target: ControlTarget, name: str, action: str) -> Answer:
    try:
        target.act_on_service(name, action)
    except KeyError:
        return refusal(404, "not-found", f"there is no service {name}")
    return Answer(status=202)


async def _on_broker(target: ControlTarget, action: str, body: bytes) -> Answer:
    try:
        members = msgspec.json.decode(body, type=dict[str, Any]) if body else {}
        await target.act_on_broker(members | {"type": action})
    except msgspec.MsgspecError as error:
        return refusal(400, "malformed", str(error))
    except NotPossible as error:
        return refusal(409, "not-possible", str(error))
    return Answer(status=202)
