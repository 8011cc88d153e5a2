"""The producer of one service: hands records to the broker in order and says when the broker has them.

A record that is refused for itself (too large, malformed) is its sender's to deal with. Any other final refusal says
that the producer or the cluster is not in order, and is fatal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from services_stub.contracts.control_faults import ServiceFault
from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.isolation import noticed
from services_stub.runtime.kafka.record_faults import RecordFaults
from services_stub.runtime.settings import Settings

_OF_THE_RECORD = frozenset(
    (
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError._BAD_MSG,
        KafkaError._INVALID_ARG,
    )
)
"""The refusals that would come again with the same record, and only with it."""


class Publisher:
    """Sends records. Delivery is reported in the thread that calls `poll` or `flush`, and nowhere else.

    Its owner calls `poll` as long as it lives: reports queue up until then. It raises KafkaException where no record
    can be sent any more; `on_fatal` hears of others that end the process. `on_lost` hears of a topic whose log has lost
    records that it had acknowledged; that is noticed with the next record of the partition. Records wait up to
    `linger` seconds for others.
    """

    def __init__(self, settings: Settings, on_fatal: Callable[[Exception], None], linger: float = 0.0) -> None:
        self._on_fatal = on_fatal
        self.on_lost: Callable[[str], None] = lambda _topic: None
        self._config = configuration.of_producer(settings, linger) | {"error_cb": lambda _error: None}
        # The first one sends in order; the second, where there is one, each record in a batch of its own.
        self._producers = [Producer(self._config | noticed(on_fatal))]
        self._ends: dict[tuple[str, int], int] = {}
        self._source, self._seed = settings.service, settings.seed
        self._faults: RecordFaults | None = None

    def disturb(self, faults: Sequence[ServiceFault]) -> None:
        """Send records as these faults want it, and no others."""
        if self._faults is None and faults:
            self._faults = RecordFaults(self._source, self, self._seed)
        if self._faults is not None:
            self._faults.replace(faults)

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
    ) -> bool:
        """Queue a record; False where the queue is full and the record was not taken.

        `on_refused` is called, at once or later, with the reason why this record can never be sent. A record without
        callbacks is expendable: any failure of it is logged, and no more.
        """
        sending = _Sending(self, topic, key, value, headers, on_acknowledged, on_refused)
        return self.produce(sending) if self._faults is None else self._faults.send(sending)

    def produce(self, sending: _Sending) -> bool:
        """Queue a record, whatever faults there are; False where the queue is full and the record was not taken."""
        try:
            sending.produce(self._producers[0], sending.delivered)
        except BufferError:
            return False
        except (KafkaException, ValueError, TypeError) as error:
            sending.failed(error)
        return True

    def produce_expendable(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> bool:
        """Queue a record whose delivery nothing depends on, whatever faults there are; False where it was not taken."""
        return self.produce(_Sending(self, topic, key, value, headers, None, None))

    def send_alone(self, sending: _Sending) -> None:
        """Send a record again in a batch of its own: the broker refuses whole batches for one of their records."""
        if len(self._producers) == 1:
            self._producers.append(Producer(self._config | noticed(self._on_fatal) | {"batch.num.messages": 1}))
        try:
            sending.produce(self._producers[1], sending.delivered_alone)
        except (BufferError, KafkaException) as error:
            sending.failed(error)

    def note_place(self, message: Any) -> None:
        """Look whether the records that were acknowledged before this one still lie in front of it."""
        place, end = (message.topic(), message.partition()), message.offset() + 1
        if 0 < end <= self._ends.get(place, 0):
            structlog.get_logger().error("the log lost records: sends them again", place=place, end=end)
            self.on_lost(message.topic())
        self._ends[place] = end or self._ends.get(place, 0)

    def report_fatal(self, reason: str) -> None:
        """Say that no record can be sent any more."""
        self._on_fatal(KafkaException(reason))

    def poll(self) -> None:
        """Report what was delivered; never waits."""
        if self._faults is not None:
            self._faults.poll()
        for producer in self._producers:
            producer.poll(0)

    def waiting(self) -> int:
        """How many records the broker has not acknowledged, and how many reports nothing has read."""
        return sum(map(len, self._producers))

    def flush(self, timeout: float) -> int:
        """Wait up to `timeout` seconds until all is delivered; the number that is not."""
        if self._faults is not None:
            self._faults.release_all()
        return sum(producer.flush(timeout) for producer in self._producers)

    def give_up(self) -> None:
        """Forget what the broker has not acknowledged; it may have some of it all the same."""
        self._producers[0].purge()
        self._producers[0].flush(1.0)


class _Sending:
    """One record on its way, and the reactions to its delivery report."""

    def __init__(
        self,
        publisher: Publisher,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None,
        on_refused: Callable[[str], None] | None,
    ) -> None:
        self._publisher = publisher
        self.topic, self.key, self.value = topic, key, value
        self.headers: Any = headers  # the stub of the library wants str or None beside bytes
        self._on_acknowledged, self._on_refused = on_acknowledged, on_refused

    def produce(self, producer: Producer, on_delivery: Callable[[KafkaError | None, Message], None]) -> None:
        """Queue the record."""
        producer.produce(self.topic, self.value, self.key, headers=self.headers, on_delivery=on_delivery)

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        """The report of the first attempt."""
        if error is not None and error.code() in _OF_THE_RECORD:
            return self._publisher.send_alone(self)
        if error is None:
            self._publisher.note_place(message)
        return self.delivered_alone(error, message)

    def delivered_alone(self, error: KafkaError | None, _message: Message) -> None:
        """The report of an attempt in which no other record had a part."""
        if error is not None:
            self.failed(KafkaException(error))
        elif self._on_acknowledged is not None:
            self._on_acknowledged()

    def failed(self, error: Exception) -> None:
        """Tell the sender where the record is the matter, else report that none can be sent."""
        cause = error.args[0] if isinstance(error, KafkaException) else None
        of_the_record = isinstance(cause, KafkaError) and cause.code() in _OF_THE_RECORD
        of_the_record, reason = of_the_record or isinstance(error, ValueError | TypeError), str(cause or error)
        if of_the_record and self._on_refused is not None:
            self._on_refused(reason)
        elif self._on_acknowledged is None and self._on_refused is None:
            structlog.get_logger().error("a record is not sent", topic=self.topic, reason=reason)
        else:
            # Never given up by time-out (message.timeout.ms=0): no record can be sent there at all.
            self._publisher.report_fatal(f"the broker refused a record of {self.topic}: {reason}")
