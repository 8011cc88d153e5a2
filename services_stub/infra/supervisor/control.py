"""The control API of the supervisor: an ASGI application on loopback, behind the token of the state file.

It has no framework, because an idle supervisor shall be small. Its contract is `services_stub.contracts.control`.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec

from services_stub.contracts.control import Action, ActiveFault, Faults, Status
from services_stub.contracts.control_faults import Fault
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import MEDIA_TYPE, FieldError, Problem, problem
from services_stub.infra.kafka.brokers import CannotDisturb

LARGEST_BODY = 64 * 1024
_METHODS = {"status": ("GET",), "actions": ("POST",), "faults": ("GET", "PUT"), "shutdown": ("POST",)}
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"field `(\w+)`")

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
T = TypeVar("T")


class UnknownName(Exception):
    """The marketplace has no service or topic of that name."""


class ControlTarget(Protocol):
    """The part of the supervisor that the API needs."""

    async def status(self) -> Status:
        """The processes, and which services are ready now."""

    async def act(self, action: Action) -> None:
        """Carry out an action; raises UnknownName or CannotDisturb."""

    async def faults(self) -> Faults:
        """The faults that are in force, within a few seconds."""

    async def apply(self, fault: Fault) -> None:
        """Put a fault into force; raises UnknownName or CannotDisturb."""

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force; raises KeyError or CannotDisturb."""

    def shut_down(self) -> None:
        """Begin to end everything."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status and a JSON body."""

    status: int = 200
    body: bytes = b""
    media_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _RequestRefused(Exception):
    def __init__(self, refusal: Problem, *headers: tuple[bytes, bytes]) -> None:
        self.answer = _Answer(
            status=refusal.status,
            body=encode_json(refusal.document()),
            media_type=MEDIA_TYPE.encode(),
            headers=headers,
        )


_log = logging.getLogger("control")
_CLOSE = (b"connection", b"close")
_ACTION: msgspec.json.Decoder[Action] = msgspec.json.Decoder(Action)
_FAULT: msgspec.json.Decoder[Fault] = msgspec.json.Decoder(Fault)


def control(target: ControlTarget, token: str) -> Application:
    """The application of the API."""
    expected = f"Bearer {token}".encode()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await _answer(target, expected, scope, receive)
        except _RequestRefused as refusal:
            answer = refusal.answer
        except Exception:  # noqa: BLE001 - the edge of a request: its bug is told to its caller
            number = secrets.token_hex(8)
            _log.exception("a request failed by a bug: %s", number)
            bug = problem(500, "internal-error", f"this is a bug: the log says more under {number}", bug=number)
            answer = _RequestRefused(bug).answer
        headers = [
            (b"content-length", str(len(answer.body)).encode()),
            (b"cache-control", b"no-store"),
            *answer.headers,
        ]
        if answer.body:
            headers.append((b"content-type", answer.media_type))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return application


async def _answer(target: ControlTarget, expected: bytes, scope: Scope, receive: Receive) -> _Answer:
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    if not hmac.compare_digest(given, expected):
        refusal = problem(401, "unauthenticated", "the control token of the state file is needed")
        raise _RequestRefused(refusal, _CLOSE)
    method, path = scope["method"], scope["path"]
    match (method, *path.strip("/").split("/")):
        case ("GET", "status"):
            return _Answer(body=encode_json(await target.status()))
        case ("POST", "actions"):
            return await _act(target, _decode(_ACTION, await _body(receive)))
        case ("GET", "faults"):
            return _Answer(body=encode_json(await target.faults()))
        case ("PUT", "faults"):
            return await _apply(target, _decode(_FAULT, await _body(receive)))
        case ("DELETE", "faults", fault_id):
            return await _clear(target, fault_id)
        case ("POST", "shutdown"):
            target.shut_down()
            return _Answer(status=202)
    raise _no_route(method, path)


def _no_route(method: str, path: str) -> _RequestRefused:
    first, *rest = path.strip("/").split("/")
    allowed = ("DELETE",) if (first, len(rest)) == ("faults", 1) else () if rest else _METHODS.get(first, ())
    if allowed:
        detail = f"{path} takes {' and '.join(allowed)}, not {method}"
        return _RequestRefused(
            problem(405, "method-not-allowed", detail), (b"allow", ", ".join(allowed).encode()), _CLOSE
        )
    return _RequestRefused(problem(404, "not-found", f"the control API has no {path}"), _CLOSE)


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            detail = f"a body has at most {LARGEST_BODY} bytes"
            raise _RequestRefused(problem(413, "too-large", detail), _CLOSE)
    return body


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        text = str(error)
        place, named = _PLACE.search(text), _NAMED.search(text)
        field = (place and place[1]) or (named and named[1]) or "body"
        wrong = FieldError(field=field, message=_PLACE.sub("", text))
        refusal = problem(400, "invalid-input", f"`{field}`: {wrong.message}", errors=[wrong])
        raise _RequestRefused(refusal) from error


async def _act(target: ControlTarget, action: Action) -> _Answer:
    try:
        await target.act(action)
    except UnknownName as error:
        raise _RequestRefused(problem(404, "not-found", str(error))) from error
    except CannotDisturb as error:
        raise _not_possible(str(error)) from error
    return _Answer(status=202)


async def _apply(target: ControlTarget, fault: Fault) -> _Answer:
    try:
        await target.apply(fault)
    except UnknownName as error:
        raise _RequestRefused(problem(404, "not-found", str(error))) from error
    except CannotDisturb as error:
        raise _not_possible(str(error)) from error
    return _Answer(body=encode_json(ActiveFault(id=fault.id, fault=fault)))


async def _clear(target: ControlTarget, fault_id: str) -> _Answer:
    try:
        await target.clear(fault_id)
    except KeyError as error:
        raise _RequestRefused(problem(404, "not-found", f"no fault {fault_id} is in force")) from error
    except CannotDisturb as error:
        raise _not_possible(str(error)) from error
    return _Answer(status=204)


def _not_possible(detail: str) -> _RequestRefused:
    return _RequestRefused(problem(409, "not-possible", detail))
