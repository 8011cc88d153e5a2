"""The HTTP requests of a flow: what the caller reported of each and what the callee did, joined into one. Pure.

Times are microseconds of Unix time. The clocks of both may differ, so the callee's times are put within the caller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

import msgspec

from services_stub.contracts.events.trace import RequestHop
from simulator.trace.events import RequestReport


class FlowRequest(msgspec.Struct, frozen=True):
    """A request, from its start at its caller to the answer; of its callee alone where the caller reported nothing.

    `handled_from` and `handled_until` are the callee's; None where that one reported nothing. `caller` is empty where
    it is not known, and `status` 0 where no answer came.
    """

    started_at: int
    answered_at: int
    request_id: str
    method: str
    path: str
    status: int
    caller: str
    callee: str
    handled_from: int | None = None
    handled_until: int | None = None

    @property
    def failed(self) -> bool:
        """Whether no answer came, or the callee failed; a refusal is an answer."""
        return self.status == 0 or self.status >= 500

    @property
    def answer(self) -> str:
        """The status as text, or that no answer came."""
        return str(self.status) if self.status else "no answer"

    @property
    def name(self) -> str:
        """The method, and the path without the part that all paths of its kind share."""
        return f"{self.method} {self.short_path}"

    @property
    def short_path(self) -> str:
        """The path without `/api` and `/internal`."""
        return self.path.removeprefix("/api").removeprefix("/internal") or "/"

    @property
    def end_of_path(self) -> str:
        """The shortest part of the path that tells it from others: `…/cancel`, behind the last id."""
        segments = self.short_path.split("/")
        while len(segments) > 1 and segments[-1].startswith("{"):
            segments.pop()
        ids = [place for place, segment in enumerate(segments) if segment.startswith("{")]
        return "/".join(["…", *segments[ids[-1] + 1 :]] if ids else segments) or "/"


_Call = tuple[str, str, str, str]


def requests_in(reports: Iterable[RequestReport]) -> tuple[FlowRequest, ...]:
    """The requests that are reported, each once, the one that began first at the beginning; outer before inner ones."""
    sides: dict[_Call, tuple[list[RequestHop], list[RequestHop]]] = defaultdict(lambda: ([], []))
    for report in set(reports):
        hop = report.request
        by_caller = bool(hop.caller) and report.reporter != hop.callee
        call = (hop.request_id, hop.method, hop.callee, hop.path)
        sides[call][0 if by_caller else 1].append(hop)
    found: list[FlowRequest] = []
    for sent, handled in sides.values():
        sent.sort(key=_in_time)
        handled.sort(key=_in_time)
        found += (_joined(*both) for both in zip_longest(sent, handled))
    return tuple(sorted(found, key=_outer_first))


def _in_time(hop: RequestHop) -> tuple[int, int, str, int]:
    return hop.started_at, hop.answered_at, hop.caller, hop.status


def _outer_first(request: FlowRequest) -> tuple[int, int, str, str, str, str, str, int, int, int]:
    return (
        request.started_at,
        -request.answered_at,
        request.caller,
        request.callee,
        request.path,
        request.method,
        request.request_id,
        request.status,
        request.handled_from or 0,
        request.handled_until or 0,
    )


def _joined(sent: RequestHop | None, handled: RequestHop | None) -> FlowRequest:
    hop = sent or handled
    assert hop is not None
    start, end = hop.started_at, max(hop.started_at, hop.answered_at)
    begun = until = None
    if handled is not None:
        begun = min(max(handled.started_at, start), end)
        until = min(max(handled.answered_at, begun), end)
    return FlowRequest(
        start, end, hop.request_id, hop.method, hop.path, hop.status, hop.caller, hop.callee, begun, until
    )
