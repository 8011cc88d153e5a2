"""The client's error tree: every error is named by what its receiver should do.

MarketplaceError
├── RequestRefused        the marketplace said no and changed nothing; `problem` says why
│   ├── InvalidInput      correct what `problem.errors` names                  400 405 413 415 422
│   ├── SignInAgain       the session is over, or there never was one          401
│   ├── NotAllowed        this account may not; `problem.code` says why        403
│   ├── NotFound          there is none, or it belongs to another account      404 410
│   ├── Conflict          something changed meanwhile: read again and decide   409 412
│   └── RateLimited       wait `retry_after` seconds                           429
├── Unreachable           nothing was sent: repeat at any time
├── OutcomeUnknown        sent, but the answer got lost: look before repeating
├── ServerFault           the marketplace failed; `problem` has its words      5xx
│   └── TryLater          a service is away: wait `retry_after` seconds        503
└── ContractBroken        the answer is none that this client knows: the versions differ
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from services_stub.contracts.problem import FieldError, Problem, problem

_DEFAULT_PAUSE = 1.0


class MarketplaceError(Exception):
    """The base of all errors between this client and the marketplace."""


class Unreachable(MarketplaceError):
    """The marketplace cannot be reached; nothing was sent."""


class OutcomeUnknown(MarketplaceError):
    """The request was sent and its answer got lost: it may have been carried out.

    `idempotency_key` is filled where repeating the call with it is safe. `by_gateway` says that the gateway answered in
    place of a service that did not.
    """

    def __init__(self, message: str, *, idempotency_key: str = "", by_gateway: bool = False) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        self.by_gateway = by_gateway


class ContractBroken(MarketplaceError):
    """The answer is none that this client knows; client and marketplace have different versions."""


class _Answered(MarketplaceError):
    def __init__(self, problem: Problem, *, retry_after: float = _DEFAULT_PAUSE) -> None:
        super().__init__(words_of(problem))
        self.problem = problem
        self.retry_after = retry_after


class RequestRefused(_Answered):
    """The marketplace said no and changed nothing."""


class InvalidInput(RequestRefused):
    """The request is wrong; `problem.errors` names the fields."""


class SignInAgain(RequestRefused):
    """The credentials are wrong, or the session is over."""


class NotAllowed(RequestRefused):
    """The account may not do this."""


class NotFound(RequestRefused):
    """There is none, or it belongs to another account."""


class Conflict(RequestRefused):
    """The state of things forbids it: read again, then decide."""


class RateLimited(RequestRefused):
    """Too much at once: wait `retry_after` seconds."""


class ServerFault(_Answered):
    """The marketplace failed; whether the request was carried out is unknown."""


class TryLater(ServerFault):
    """A service is away for the moment: wait `retry_after` seconds."""


_BY_STATUS: dict[int, type[_Answered]] = {
    400: InvalidInput,
    401: SignInAgain,
    403: NotAllowed,
    404: NotFound,
    405: InvalidInput,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    429: RateLimited,
    503: TryLater,
}

_NAMED_FIELD = re.compile(r"`(\w+)`")

_LOST_ON_THE_WAY = {502, 504}
"""The gateway sent the request on and got no answer."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def words_of(problem: Problem) -> str:
    """A problem in one line: its title, and its detail or else the fields with their messages."""
    fields = "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
    parts = [problem.title or f"HTTP {problem.status}", problem.detail or fields]
    return ": ".join(part for part in parts if part)


def error_of_answer(status: int, body: bytes, retry_after: str = "") -> MarketplaceError:
    """The error that an answer with a status of 400 or more means."""
    problem = Problem.parse(body, status=status)
    if status in _LOST_ON_THE_WAY:
        return OutcomeUnknown(words_of(problem), by_gateway=True)
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else RequestRefused)
    return kind(problem, retry_after=float(retry_after) if retry_after.isdecimal() else _DEFAULT_PAUSE)


def error_of_transport(error: httpx.HTTPError | httpx.InvalidURL, where: str) -> MarketplaceError:
    """The error that a failure of httpx means."""
    reason = str(error) or type(error).__name__
    if isinstance(error, (*_NEVER_SENT, httpx.InvalidURL)):
        return Unreachable(f"{where} cannot be reached: {reason}")
    if isinstance(error, httpx.TimeoutException):
        return OutcomeUnknown(f"{where} did not answer in time")
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return OutcomeUnknown(f"{where} closed the connection without an answer: {reason}")
    return ContractBroken(f"{where} gave an answer that cannot be read: {reason}")


@contextmanager
def checked_input() -> Iterator[None]:
    """Raise for a value that a contract refuses before it is sent the error that the marketplace would answer with."""
    try:
        yield
    except ValueError as error:
        named = _NAMED_FIELD.search(str(error))
        errors = [FieldError(field=named[1], message=str(error))] if named else []
        raise InvalidInput(problem(400, "invalid-input", str(error), errors=errors)) from error
