"""The faults of the sandbox: put into force and taken back while it runs, and drawn from a seed.

The same seed and the same requests in the same order are struck in the same places. A fault that stays in force goes on
with its own sequence; one that is put into force anew, or by another process, begins it again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from services_stub.contracts.control_faults import (
    DeclinedPayments,
    DelayedPayments,
    DoubleCharges,
    LostPaymentAnswers,
    PaymentFault,
    PaymentOutage,
    ServiceFault,
)

RateFault = DeclinedPayments | DoubleCharges | LostPaymentAnswers


class SandboxFaults:
    """The faults in force, at most one of each kind. One thread may replace them while another is struck by them."""

    def __init__(self, seed: int = 0, faults: Sequence[ServiceFault] = ()) -> None:
        self._seed = seed
        self._in_force: dict[type[PaymentFault], tuple[PaymentFault, random.Random]] = {}
        self.replace(faults)

    def replace(self, faults: Sequence[ServiceFault]) -> None:
        """Have the payment faults of these in force, and no others."""
        in_force = {}
        for fault in faults:
            if isinstance(fault, PaymentFault):
                known = self._in_force.get(type(fault))
                chance = random.Random(f"{self._seed}/{fault.id}")
                in_force[type(fault)] = known if known is not None and known[0] == fault else (fault, chance)
        self._in_force = in_force

    @property
    def any(self) -> bool:
        """Whether one is in force."""
        return bool(self._in_force)

    @property
    def outage(self) -> bool:
        """Whether the provider cannot be reached."""
        return PaymentOutage in self._in_force

    @property
    def delay(self) -> float:
        """The seconds that an answer takes longer."""
        fault, _ = self._in_force.get(DelayedPayments, (None, None))
        return fault.milliseconds / 1000 if isinstance(fault, DelayedPayments) else 0.0

    def strikes(self, kind: type[RateFault]) -> bool:
        """Whether the next request is struck by a fault of a kind."""
        fault, chance = self._in_force.get(kind, (None, None))
        return isinstance(fault, RateFault) and chance is not None and chance.random() < fault.rate
