"""A broker that is killed and comes back, empty or with its log: the log is in order, and no order stays PENDING."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys

import pytest

from services_stub.runtime.sql.outbox import RETAINED
from tests.system.broker_kills import BrokerKills
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while

SEED = 11
KILLS = int(os.environ.get("MARKETPLACE_BROKER_KILLS", "0"))
"""In place of the few that there are otherwise: `make broker-restarts`."""
IN_LOG = RETAINED // 5
"""A log that was lost has at least the records of so many orders: of none has an outbox more than five rows."""

CAUSES = ("sends them again", "asks for them again", "ends by a bug", "ended unexpectedly")


def spread(seconds: list[float]) -> str:
    """The least, the middle and the most of these times, and all in their order."""
    found = ", ".join(f"{how(seconds):.2f}" for how in (min, statistics.median, max))
    return f"min, median, max {found} of {' '.join(f'{each:.2f}' for each in seconds)}"


def causes(marketplace: Marketplace) -> list[str]:
    """Lines of the logs about events that were sent again, and about processes that ended."""
    logs = sorted((marketplace.directory / "logs").glob("*.log"))
    lines = ((log.stem, line) for log in logs for line in log.read_text(errors="replace").splitlines())
    return [f"{name}: {line}" for name, line in lines if any(words in line for words in CAUSES)]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kafka", "kills", "loses"),
    [("embedded", 6, False), ("embedded", 6, True), ("apache", 3, False)],
    ids=["embedded", "embedded-empty", "apache"],
)
def test_orders_do_not_go_back_in_the_log_of_a_broker_that_was_killed(kafka: str, kills: int, loses: bool) -> None:
    async def scenario() -> None:
        with running_marketplace("--kafka", kafka) as marketplace:
            run = await prepare(marketplace)
            killed = BrokerKills(marketplace, KILLS or kills, loses)
            await purchase_while(run, killed.disturb, purchases=1, seed=SEED)
            sys.stdout.write(f"{kafka}, log {'lost' if loses else 'kept'}: killed {len(killed.seconds)} times, ")
            sys.stdout.write(f"{len(run.orders)} orders, {killed.shipped} more shipped meanwhile\n")
            sys.stdout.write(f"seconds until an order is PAID: {spread(killed.seconds)}\n")
            if killed.bare:
                sys.stdout.write(f"seconds until bare clients wrote and read a record: {spread(killed.bare)}\n")
            if killed.went_back:
                sys.stdout.write("\n".join([*killed.went_back, *causes(marketplace)]) + "\n")
            assert killed.went_back == []
            await check_books(run, in_log=IN_LOG if loses else sys.maxsize)

    asyncio.run(scenario())
