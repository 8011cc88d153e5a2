"""The client of the control API, and of the state file that says where it is.

It is synchronous and stands on the standard library alone, because commands such as `marketplace status` must be quick;
an event loop calls it by `asyncio.to_thread`. Its errors are named by what their receiver should do:

ControlError
├── NotRunning              no marketplace runs on the data directory: start one
├── NotAnswering            it runs, and does not answer: look into its logs
├── ControlRefused          it said no and did nothing; `problem` says why
│   ├── InvalidCommand      correct what `problem.errors` names                     400 405 413
│   ├── WrongToken          another one runs there by now: read the state file anew 401
│   ├── UnknownTarget       there is no such service or fault                       404
│   └── NotPossible         this marketplace cannot do it, or not now               409
└── UnreadableAnswer        the answer is none that this client knows: the versions differ
"""

from __future__ import annotations

from pathlib import Path
from typing import Self, TypeVar

import msgspec

from services_stub.client import loopback
from services_stub.client.paths import quoted_segment
from services_stub.contracts.base import Request
from services_stub.contracts.control import STATE_FILE, Action, ActiveFault, Faults, State, Status
from services_stub.contracts.control_faults import Fault
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import Problem, problem

Answer = TypeVar("Answer")


class ControlError(Exception):
    """Any failure to look at a marketplace or to change it through its control API."""


class NotRunning(ControlError):
    """No marketplace runs on the data directory; the message names it."""


class NotAnswering(ControlError):
    """The state file names a control API that does not answer: it is starting, ending, hung, or was killed."""


class UnreadableAnswer(ControlError):
    """The answer is none that this client knows; client and marketplace have different versions."""


class ControlRefused(ControlError):
    """The supervisor said no and did nothing."""

    def __init__(self, problem: Problem) -> None:
        fields = "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
        super().__init__(f"{problem.title or problem.status}: {fields or problem.detail}")
        self.problem = problem


class InvalidCommand(ControlRefused):
    """The request is wrong; `problem.errors` names the fields."""


class WrongToken(ControlRefused):
    """The token is not that of the marketplace at the address."""


class UnknownTarget(ControlRefused):
    """There is no such service or fault."""


class NotPossible(ControlRefused):
    """This marketplace cannot do it, or not now; the detail says why."""


_BY_STATUS: dict[int, type[ControlRefused]] = {
    400: InvalidCommand,
    401: WrongToken,
    404: UnknownTarget,
    405: InvalidCommand,
    409: NotPossible,
    413: InvalidCommand,
}


def read_state(data_directory: Path) -> State:
    """The state file of the marketplace on the data directory.

    Raises:
        NotRunning: there is none.

    """
    try:
        return msgspec.json.decode((data_directory / STATE_FILE).read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError) as error:
        raise NotRunning(f"No marketplace runs on {data_directory}. Start one with `marketplace up`.") from error


class ControlClient:
    """Looks at one running marketplace and changes it. Every method raises the kinds of ControlError."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    def of(cls, state: State) -> Self:
        """The client of the marketplace that a state file tells of."""
        return cls(state.control_url, state.control_token)

    @classmethod
    def at(cls, data_directory: Path) -> Self:
        """The client of the marketplace on a data directory.

        Raises:
            NotRunning: none runs there.

        """
        return cls.of(read_state(data_directory))

    def status(self) -> Status:
        """The processes, and which services are ready now."""
        return self._read("GET", "/status", Status)

    def act(self, action: Action) -> None:
        """Do something once; its effect shows in the status a moment later."""
        self._send("POST", "/actions", action)

    def faults(self) -> list[ActiveFault]:
        """The faults that are in force."""
        return self._read("GET", "/faults", Faults).items

    def apply(self, fault: Fault) -> ActiveFault:
        """Put a fault into force until it is cleared; one with the same id is replaced."""
        return self._read("PUT", "/faults", ActiveFault, fault)

    def clear(self, fault_id: str) -> None:
        """Take a fault out of force."""
        try:
            path = f"/faults/{quoted_segment(fault_id)}"
        except ValueError as error:
            raise UnknownTarget(problem(404, "not-found", str(error))) from error
        self._send("DELETE", path)

    def shut_down(self) -> None:
        """Begin to end the marketplace."""
        self._send("POST", "/shutdown")

    def _read(self, method: str, path: str, expect: type[Answer], body: Request | None = None) -> Answer:
        try:
            return msgspec.json.decode(self._send(method, path, body), type=expect)
        except msgspec.MsgspecError as error:
            raise UnreadableAnswer(f"{method} {path}: {error}") from error

    def _send(self, method: str, path: str, body: Request | None = None) -> bytes:
        content = None if body is None else encode_json(body)
        try:
            status, answer = loopback.request(method, self._url, path, self._headers, content)
        except OSError as error:
            raise NotAnswering(f"The marketplace at {self._url} does not answer: {error}.") from error
        if status >= 400:
            raise _BY_STATUS.get(status, ControlRefused)(Problem.parse(answer, status=status))
        return answer
