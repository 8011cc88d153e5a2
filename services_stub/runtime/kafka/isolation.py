"""Notices a client that has no broker left and looks for none: librdkafka needs a new one then (its issue 5301).

A broker that has just been started may answer before it has registered: with topics, and no broker. The client forgets
those that it knows, and should begin anew with its bootstrap servers; but the same answer may call that off, for good.
Nothing tells of it: no error comes, records are neither fetched nor sent, and only the statistics name no broker.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

CHECK_EVERY = 10.0
"""Seconds. Statistics are kept until they are polled: only for clients that are polled as long as they live."""

_NO_BROKERS = ("internal", "logical")
"""The sources of what is named there besides."""


class NoBrokerLeft(Exception):
    """A client of Kafka has no broker any more, and will not find one."""


def noticed(react: Callable[[NoBrokerLeft], None]) -> dict[str, Any]:
    """The properties of a client that calls `react` once, in the thread that polls it, where it has no broker.

    It had none twice in a row: for a moment it has none also where it finds them again.
    """
    in_a_row = 0

    def check(statistics: str) -> None:
        nonlocal in_a_row
        brokers = msgspec.json.decode(statistics)["brokers"].values()
        in_a_row = in_a_row + 1 if all(broker["source"] in _NO_BROKERS for broker in brokers) else 0
        if in_a_row == 2:  # once: a client that is closed afterwards is checked again, and must not raise then
            react(NoBrokerLeft("a client of Kafka has no broker left, and looks for none"))

    return {"statistics.interval.ms": round(1000 * CHECK_EVERY), "stats_cb": check}


def raised(error: NoBrokerLeft) -> None:
    """The reaction of a client whose poll may raise.

    Raises:
        NoBrokerLeft: always.
    """
    raise error
