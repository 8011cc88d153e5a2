"""Idempotent producers against a plain list: whatever is sent again, left out or killed, each batch is there once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.infra.kafka.broker import errors
from tests.unit.infra.broker.batches import a_batch, a_partition, values

STEPS = st.lists(
    st.tuples(st.sampled_from(["next", "again", "gap", "kill", "stop"]), st.integers(0, 2), st.integers(1, 5)),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(STEPS, st.sampled_from([200, 10**6]))
def test_each_batch_is_in_the_log_once_and_in_order(steps: list[tuple[str, int, int]], segment_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "topic-0"
        log = a_partition(folder, segment_bytes=segment_bytes)
        written: list[bytes] = []
        sent: dict[int, list[tuple[bytes, int]]] = {0: [], 1: [], 2: []}
        sequences = dict.fromkeys(sent, 0)
        for step, producer, count in steps:
            if step == "next":
                content = [b"%d/%d" % (producer, sequences[producer] + n) for n in range(count)]
                batch = a_batch(*content, producer=producer, epoch=0, sequence=sequences[producer])
                assert log.append(batch) == (errors.NONE, len(written))
                sent[producer].append((batch, len(written)))
                sequences[producer] += count
                written += content
            elif step == "again" and len(sent[producer]) >= count:
                batch, offset = sent[producer][-count]
                assert log.append(batch) == (errors.NONE, offset)
            elif step == "gap" and sent[producer]:
                batch = a_batch(b"gap", producer=producer, epoch=0, sequence=sequences[producer] + count)
                assert log.append(batch) == (errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
            elif step in ("kill", "stop"):
                (log.close if step == "stop" else log.drop)()
                log = a_partition(folder, segment_bytes=segment_bytes)
            assert log.end == len(written)
        assert values(log) == written
        log.close()
