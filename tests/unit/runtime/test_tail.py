"""A tail tells of records that the log lost, and takes no marker of a transaction for one."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import TopicPartition

from services_stub.runtime.kafka.records import Record
from services_stub.runtime.kafka.tail import Tail
from services_stub.runtime.settings import Settings
from tests.unit.runtime.test_record_source import Log


class Followed(Log):
    """A topic of one partition whose log begins at `first`."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first

    def get_watermark_offsets(self, _place: TopicPartition, timeout: float) -> tuple[int, int]:
        return self.first, 99


@pytest.mark.parametrize(("first", "gaps"), [(0, 0), (12, 0), (13, 1), (99, 1)])
def test_a_hole_in_what_is_followed_is_a_loss_only_below_the_start_of_the_log(first: int, gaps: int) -> None:
    settings = Settings(service="test", instance="test-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
    records, told = list[Record](), list[str]()
    tail: Any = Tail(settings, ["topic"], records.extend, on_gap=lambda: told.append("gap"))
    tail._consumer.close()
    tail._consumer = log = Followed(first)
    tail._next = {("topic", 0): 10}
    log.offsets += [10, 11, 14, 15]  # at 12 and 13 lie the markers of transactions
    tail.step(0)
    assert ([record.offset for record in records], len(told)) == ([10, 11, 14, 15], gaps)
