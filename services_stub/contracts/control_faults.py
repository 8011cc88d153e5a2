"""The faults of the control API: each lasts until it is cleared by its id."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from services_stub.contracts.base import Request

Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=600_000)]
Skew: TypeAlias = Annotated[int, msgspec.Meta(ge=-600_000, le=600_000)]
"""Milliseconds by which a clock is ahead of the right time; negative where it is behind."""

Rate: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1)]
"""The share of payments or records that a fault strikes; 1 strikes all."""

_INT16 = msgspec.Meta(ge=-(2**15), lt=2**15)
ApiKey: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**15)]
ErrorCode: TypeAlias = Annotated[int, _INT16]
KafkaName: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
"""The name of a topic, or of a consumer group as the services name theirs."""

PartitionNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Times: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _RequestFault(Request, frozen=True, kw_only=True):
    """A disturbance of the requests of one kind (a Kafka API key), about a topic, a partition and a consumer group.

    Each that is left out stands for all. `count` bounds how many requests are struck; a broker that was started again
    counts anew.
    """

    api_key: ApiKey | None = None
    topic: KafkaName | None = None
    partition: PartitionNumber | None = None
    group: KafkaName | None = None
    count: Times | None = None

    @property
    def id(self) -> str:
        """There is one of each kind at a time for the same requests."""
        meant = {"api": self.api_key, "topic": self.topic, "partition": self.partition, "group": self.group}
        chosen = [f"{word}-{value}" for word, value in meant.items() if value is not None]
        return "-".join([str(self.__struct_config__.tag), *chosen])


class SlowRequests(_RequestFault, frozen=True, kw_only=True, tag="slow-requests"):
    """The broker holds the answers to these requests back for so many milliseconds."""

    milliseconds: Milliseconds


class StoppedRequests(_RequestFault, frozen=True, kw_only=True, tag="stopped-requests"):
    """The broker carries out these requests only when the fault is cleared."""


class RefusedRequests(_RequestFault, frozen=True, kw_only=True, tag="refused-requests"):
    """The broker cuts the connection of these requests, and does not carry them out."""


class RequestErrors(_RequestFault, frozen=True, kw_only=True, tag="request-errors"):
    """The broker answers these requests with a Kafka error code, and does not carry them out."""

    error: ErrorCode


class TimedOutRequests(_RequestFault, frozen=True, kw_only=True, tag="timed-out-requests"):
    """The broker carries these requests out, and answers that they timed out."""


class LostAnswers(_RequestFault, frozen=True, kw_only=True, tag="lost-answers"):
    """The broker carries these requests out, and cuts the connection instead of answering."""


class HeldRecords(Request, frozen=True, kw_only=True, tag="held-records"):
    """Readers of a topic see no record that comes now, until it is released or the fault is cleared.

    The action `release-records` lets them be seen batch by batch; a broker that is started again lets all be seen that
    it held.
    """

    topic: KafkaName

    @property
    def id(self) -> str:
        """There is one at a time for each topic."""
        return f"held-records-{self.topic}"


class FullDisk(Request, frozen=True, kw_only=True, tag="full-disk"):
    """The process of a service cannot write to any file, as on a full disk; Linux only. It outlives restarts.

    The service `kafka` is the embedded broker: it answers that records and offsets cannot be kept.
    """

    service: str

    @property
    def id(self) -> str:
        """There is one at a time for each service."""
        return f"full-disk-{self.service}"


class CutLink(Request, frozen=True, kw_only=True, tag="cut-link"):
    """No byte passes between two parts, as `order-product` or `order-kafka`; what was sent comes when it is cleared."""

    link: str

    @property
    def id(self) -> str:
        """There is one at a time for each link."""
        return f"cut-link-{self.link}"


class SlowLink(Request, frozen=True, kw_only=True, tag="slow-link"):
    """Every byte between two parts comes so many milliseconds later, both ways."""

    link: str
    milliseconds: Milliseconds

    @property
    def id(self) -> str:
        """There is one at a time for each link."""
        return f"slow-link-{self.link}"


class _ServiceFault(Request, frozen=True, kw_only=True):
    """A fault that a service carries out."""

    @property
    def id(self) -> str:
        """There is one of each kind at a time."""
        return str(self.__struct_config__.tag)


class ClockSkew(_ServiceFault, frozen=True, kw_only=True, tag="clock-skew"):
    """The wall clock of a service is ahead by so many milliseconds, or behind where they are negative.

    All times are shifted that it writes or compares; its time-outs and pauses are not. It needs a process of its own.
    """

    service: str
    milliseconds: Skew

    @property
    def id(self) -> str:
        """There is one at a time for each service."""
        return f"clock-skew-{self.service}"


class DeclinedPayments(_ServiceFault, frozen=True, kw_only=True, tag="declined-payments"):
    """The payment provider declines this share of the charges."""

    rate: Rate


class DelayedPayments(_ServiceFault, frozen=True, kw_only=True, tag="delayed-payments"):
    """The payment provider answers so many milliseconds later."""

    milliseconds: Milliseconds


class PaymentOutage(_ServiceFault, frozen=True, kw_only=True, tag="payment-outage"):
    """The payment provider cannot be reached."""


class LostPaymentAnswers(_ServiceFault, frozen=True, kw_only=True, tag="lost-payment-answers"):
    """The payment provider charges, and this share of its answers gets lost."""

    rate: Rate


class DoubleCharges(_ServiceFault, frozen=True, kw_only=True, tag="double-charges"):
    """The payment provider charges this share of the payments twice."""

    rate: Rate


class _RecordFault(_ServiceFault, frozen=True, kw_only=True):
    """A disturbance of the records that the publisher of a topic sends. Dead letters are not disturbed."""

    topic: str

    @property
    def id(self) -> str:
        """There is one of each kind at a time for each topic."""
        return f"{self.__struct_config__.tag}-{self.topic}"


class DuplicatedRecords(_RecordFault, frozen=True, kw_only=True, tag="duplicated-records"):
    """This share of a topic's records is sent twice."""

    rate: Rate


class DelayedRecords(_RecordFault, frozen=True, kw_only=True, tag="delayed-records"):
    """A topic's records are sent so many milliseconds later, in their order; at once when the fault is cleared."""

    milliseconds: Milliseconds


class ResentRecords(_RecordFault, frozen=True, kw_only=True, tag="resent-records"):
    """This share of a topic's records is dropped, and sent about a second later or when the fault is cleared.

    Records of other keys overtake them; those of the same key wait, because the order of a key is what consumers are
    promised.
    """

    rate: Rate


class PoisonRecords(_RecordFault, frozen=True, kw_only=True, tag="poison-records"):
    """Records that no consumer can handle are put into a topic, one every so many milliseconds."""

    milliseconds: Milliseconds


RequestFault: TypeAlias = (
    SlowRequests | StoppedRequests | RefusedRequests | RequestErrors | TimedOutRequests | LostAnswers
)
BrokerFault: TypeAlias = RequestFault | HeldRecords
PaymentFault: TypeAlias = DeclinedPayments | DelayedPayments | PaymentOutage | LostPaymentAnswers | DoubleCharges
RecordFault: TypeAlias = DuplicatedRecords | DelayedRecords | ResentRecords | PoisonRecords
ServiceFault: TypeAlias = PaymentFault | RecordFault | ClockSkew
"""The faults that a service carries out: payment, the publisher of the topic, or the one that is named.

They outlive its restarts.
"""

ProcessFault: TypeAlias = FullDisk
"""The faults that the supervisor lays on the process of a service."""

LinkFault: TypeAlias = CutLink | SlowLink
"""The faults of connections that pass through a proxy of the supervisor. They outlive restarts of both ends."""

Fault: TypeAlias = BrokerFault | ProcessFault | LinkFault | ServiceFault
