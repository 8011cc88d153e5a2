"""A rebuild of the search index for `marketplace rebuild search`: begun over internal routes, and followed."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from services_stub.client import loopback
from services_stub.contracts.http.search import Rebuild
from services_stub.contracts.problem import Problem
from services_stub.infra.config.errors import CannotShow
from services_stub.infra.inspection.running import Running

_LOOK_SECONDS = 0.5
_PATH = "/internal/rebuilds"


def follow(running: Running, say: Callable[[str], None]) -> None:
    """Begin a rebuild, say how far it is, and at last what came of it.

    Raises:
        CannotShow: it failed, or search does not answer or refuses.
    """
    rebuild = _ask(running, "POST", _PATH)
    begun, shown = rebuild.started_at, ""
    while rebuild.state not in ("done", "failed"):
        if (progress := _progress(rebuild)) != shown:
            say(shown := progress)
        time.sleep(_LOOK_SECONDS)
        rebuild = _ask(running, "GET", f"{_PATH}/latest")
        if rebuild.started_at != begun:
            raise CannotShow("Search was started anew during the rebuild. The old index answers; rebuild again.")
    if rebuild.state == "failed":
        raise CannotShow(f"The index was not rebuilt, and the old one answers: {rebuild.detail}.")
    say(_result(rebuild))


def _progress(rebuild: Rebuild) -> str:
    if rebuild.state == "comparing":
        return f"Compared with product: {rebuild.from_product:,} products taken from it."
    return f"Read {rebuild.records_read:,} of {rebuild.records:,} records."


def _result(rebuild: Rebuild) -> str:
    lines = [
        f"The index was rebuilt in {rebuild.seconds:g} s from {rebuild.records_read:,} records:"
        f" {rebuild.products:,} products can be bought."
    ]
    if rebuild.from_product:
        why = f"{rebuild.records_dropped:,} older records were dropped by the broker"
        reason = why if rebuild.records_dropped else "the log did not tell of all"
        lines.append(f"{rebuild.from_product:,} products were taken from the product service: {reason}.")
    if rebuild.skipped:
        lines.append(f"{rebuild.skipped:,} records could not be read, and are dead letters.")
    if rebuild.detail:
        lines.append(f"Note: {rebuild.detail}.")
    return "\n".join(lines)


def _ask(running: Running, method: str, path: str) -> Rebuild:
    headers = {"X-Internal-Token": running.state.internal_token}
    try:
        status, body = loopback.request(method, running.state.url_of("search"), path, headers)
    except OSError as error:
        raise CannotShow(f"Search does not answer: {error}. The old index stays. See `marketplace status`.") from error
    if status == 404 and method == "GET":
        raise CannotShow("Search was started anew during the rebuild. The old index answers; rebuild again.")
    if status >= 400:
        problem = Problem.parse(body, status=status)
        raise CannotShow(f"Search refuses: {problem.detail or problem.title}.")
    return msgspec.json.decode(body, type=Rebuild)
