"""How far the consumers fall behind while the load runs, asked of the services themselves."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from services_stub.client import loopback
from services_stub.contracts.http.gateway import ServiceHealth

_PAUSE_SECONDS = 1.0


class LagWatch:
    """Asks every service each second, in a thread, and keeps the most that waited.

    `most` has records and seconds of event time by service; `questions` counts what the services but the gateway
    were asked.
    """

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.most: dict[str, tuple[int, float]] = {}
        self.questions = 0
        self._urls = urls
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._ending.set()
        self._thread.join()

    def report(self) -> str:
        """The most of each service that consumes anything, in one line."""
        return "   ".join(f"{name} {records} ({seconds:.1f} s)" for name, (records, seconds) in self.most.items())

    def _watch(self) -> None:
        while not self._ending.wait(_PAUSE_SECONDS):
            for name, url in self._urls.items():
                self._ask(name, url)

    def _ask(self, name: str, url: str) -> None:
        try:
            _, body = loopback.request("GET", url, "/health/live", {})
        except OSError:
            return
        self.questions += name != "gateway"
        topics = msgspec.json.decode(body, type=ServiceHealth).topics
        if topics:
            records, seconds = self.most.get(name, (0, 0.0))
            waiting = sum(topic.lag_records for topic in topics)
            stale = max(topic.staleness_seconds for topic in topics)
            self.most[name] = (max(records, waiting), max(seconds, stale))
