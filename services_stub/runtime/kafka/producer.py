"""The producer of one service: hands records to the broker in order and says when the broker has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from services_stub.runtime.kafka import configuration
from services_stub.runtime.settings import Settings


class Publisher:
    """Sends records. Delivery is reported in the thread that calls `poll` or `flush`, and nowhere else."""

    def __init__(self, settings: Settings, on_fatal: Callable[[str], None]) -> None:
        self._on_fatal = on_fatal
        self._producer = Producer(configuration.of_producer(settings) | {"error_cb": self._on_error})

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
    ) -> bool:
        """Queue a record; False where the queue is full and the record was not taken."""

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is None and on_acknowledged is not None:
                on_acknowledged()
            elif error is not None and on_acknowledged is not None:
                # Never given up by time-out (message.timeout.ms=0): what arrives here cannot be sent at all.
                self._on_fatal(f"the broker refused a record of {topic}: {error}")

        options: dict[str, Any] = {"headers": headers}
        if on_acknowledged is not None:
            options["on_delivery"] = delivered
        try:
            self._producer.produce(topic, value, key, **options)
        except BufferError:
            return False
        return True

    def poll(self) -> None:
        """Report what was delivered; never waits."""
        self._producer.poll(0)

    def waiting(self) -> int:
        """How many records the broker has not acknowledged."""
        return len(self._producer)

    def flush(self, timeout: float) -> int:
        """Wait up to `timeout` seconds until all is delivered; the number that is not."""
        return self._producer.flush(timeout)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._on_fatal(f"Kafka producer: {error}")
