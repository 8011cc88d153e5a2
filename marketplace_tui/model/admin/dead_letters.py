"""Acting on many dead letters: one request after the other, each as large as the marketplace takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from marketplace_tui.model.marketplace import Marketplace
from services_stub.contracts.http.dead_letters import MOST_DEAD_LETTERS, DeadLetterResult, largest_request

Progress = Callable[[int], None]
"""Called after each request with the number of dead letters that were acted on so far."""


async def send_again(
    marketplace: Marketplace, ids: Sequence[str], *, per_second: int, reason: str, progress: Progress
) -> list[DeadLetterResult]:
    """Send dead letters again, so many in a second.

    Raises:
        MarketplaceError: as the client does; what was sent until then stays sent.

    """
    results: list[DeadLetterResult] = []
    for batch in _batches(ids, max(largest_request(per_second), 1)):
        call = marketplace.client.dead_letters.send_again(batch, per_second=per_second, reason=reason)
        results += await marketplace.connection.ask(call)
        progress(len(results))
    return results


async def discard(
    marketplace: Marketplace, ids: Sequence[str], *, reason: str, progress: Progress
) -> list[DeadLetterResult]:
    """Close dead letters without sending them again; errors as above."""
    results: list[DeadLetterResult] = []
    for batch in _batches(ids, MOST_DEAD_LETTERS):
        results += await marketplace.connection.ask(marketplace.client.dead_letters.discard(batch, reason))
        progress(len(results))
    return results


def problems_of(results: Sequence[DeadLetterResult]) -> Counter[str]:
    """How often nothing was done, by the reason."""
    return Counter(result.problem.value for result in results if result.problem is not None)


def _batches(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
