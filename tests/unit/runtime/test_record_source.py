"""Records are read in batches: a group that lingers does so only where less than a batch waits."""

from __future__ import annotations

import time
from typing import Any

import pytest

from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.settings import Settings


class Message:
    """A record of the client library."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return "topic"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 0, 0

    def key(self) -> bytes:
        return b"key"

    value = key

    def headers(self) -> list[tuple[str, bytes]]:
        return []


class Log:
    """The client library with some records that wait."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def poll(self, _timeout: float) -> Message | None:
        return Message(self.offsets.pop(0)) if self.offsets else None

    def consume(self, most: int, _timeout: float) -> list[Message]:
        taken, self.offsets = self.offsets[:most], self.offsets[most:]
        return [Message(offset) for offset in taken]


def test_a_group_lingers_only_where_less_than_a_batch_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(service="test", instance="test-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
    source, log, lingered = RecordSource(settings, ["topic"], lambda *_: None, 0.5), Log(), []

    def linger(seconds: float) -> None:
        lingered.append(seconds)
        log.offsets.append(12)

    monkeypatch.setattr(time, "sleep", linger)
    without_network: Any = source
    without_network._consumer.close()
    without_network._consumer = log
    log.offsets += range(12)
    assert [record.offset for record in source.poll(10, 0)] == list(range(10))
    assert lingered == []
    assert [record.offset for record in source.poll(10, 0)] == [10, 11, 12]
    assert lingered == [0.5]
    assert source.poll(10, 0) == []
