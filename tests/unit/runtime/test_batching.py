"""Requests that wait at the same moment share one call, and each of them succeeds or fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.http.order import OrderIds
from services_stub.contracts.http.product import CategoryCount
from services_stub.contracts.problem import problem
from services_stub.runtime.batching import RequestBatcher, answer_items
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.sql.transaction import NO_CAUSE

Result = ItemResult[CategoryCount]
Answer = Callable[[list[str]], list[Result]]


def done(names: list[str]) -> list[Result]:
    return [ItemResult(done=CategoryCount(category=name, products=len(name))) for name in names]


class Route(Peers):
    """A list route that answers a call when the test lets it."""

    def __init__(self, answer: Answer = done) -> None:
        self.answer = answer
        self.calls: list[list[str]] = []
        self.causes: list[Cause] = []
        self.at_once = self.most_at_once = 0
        self.let = asyncio.Event()
        self.let.set()

    async def call(self, service: str, method: str, path: str, **options: Any) -> Any:
        assert (service, method, path) == ("shop", "POST", "/internal/things")
        names = [item.order_ids[0] for item in options["body"]]
        self.calls.append(names)
        self.causes.append(options["cause"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.let.wait()
            return self.answer(names)
        finally:
            self.at_once -= 1


def batcher_of(route: Route, largest: int = 100) -> RequestBatcher[CategoryCount]:
    return RequestBatcher(route, "shop", "/internal/things", CategoryCount, largest)


async def ask(batcher: RequestBatcher[CategoryCount], name: str, cause: Cause = NO_CAUSE) -> str:
    return (await batcher.request(OrderIds(order_ids=[name]), cause)).category


async def wait_for_calls(route: Route, number: int) -> None:
    async with asyncio.timeout(5):
        while len(route.calls) < number:
            await asyncio.sleep(0)


def test_requests_of_one_moment_share_a_call_and_later_ones_the_next() -> None:
    async def scenario() -> Route:
        route = Route()
        batcher = batcher_of(route)
        route.let.clear()
        first = [asyncio.create_task(ask(batcher, name, Cause(name, "", ""))) for name in "ab"]
        await wait_for_calls(route, 1)
        second = [asyncio.create_task(ask(batcher, name)) for name in "cde"]
        await asyncio.sleep(0)
        route.let.set()
        assert await asyncio.gather(*first, *second) == list("abcde")
        assert await ask(batcher, "f") == "f"
        return route

    route = asyncio.run(scenario())
    assert route.calls == [["a", "b"], ["c", "d", "e"], ["f"]]
    assert route.causes[0].correlation_id == "a"
    assert route.most_at_once == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("abcd", min_size=1), max_size=30), st.integers(1, 7))
def test_every_request_gets_its_own_result_in_bounded_calls(names: list[str], largest: int) -> None:
    async def scenario() -> None:
        route = Route()
        batcher = batcher_of(route, largest)
        assert await asyncio.gather(*(ask(batcher, name) for name in names)) == names
        assert [name for call in route.calls for name in call] == names
        assert len(route.calls) == -(-len(names) // largest)

    asyncio.run(scenario())


def test_an_item_is_refused_alone() -> None:
    def answer(names: list[str]) -> list[Result]:
        refused = problem(409, "out-of-stock", "none left", lines=[{"productId": "p1"}]).document()
        failed = problem(500, "internal-error", "a bug").document()
        special = {"r": Result(refused=refused), "f": Result(refused=failed)}
        return [special.get(name) or done([name])[0] for name in names]

    async def scenario() -> list[Any]:
        batcher = batcher_of(Route(answer))
        return await asyncio.gather(*(ask(batcher, name) for name in "arfb"), return_exceptions=True)

    a, refused, failed, b = asyncio.run(scenario())
    assert (a, b) == ("a", "b")
    assert isinstance(refused, Refused)
    assert (refused.problem.status, refused.problem.code) == (409, "out-of-stock")
    assert refused.problem.extensions == {"lines": [{"productId": "p1"}]}
    assert isinstance(failed, Unavailable)


@pytest.mark.parametrize(
    "error", [Unavailable("shop: away"), Refused(404, "not-found", "there is no such path"), None], ids=repr
)
def test_a_call_that_fails_makes_its_items_unavailable_and_no_others(error: Exception | None) -> None:
    async def scenario() -> list[Any]:
        def fail(_names: list[str]) -> list[Result]:
            route.answer = done
            if error is None:
                return []
            raise error

        route = Route(fail)
        batcher = batcher_of(route, 2)
        return await asyncio.gather(*(ask(batcher, name) for name in "abc"), return_exceptions=True)

    a, b, c = asyncio.run(scenario())
    assert (type(a), type(b), c) == (Unavailable, Unavailable, "c")


def test_a_bug_reaches_the_waiting_requests_and_leaves_the_batcher_working() -> None:
    async def scenario() -> None:
        route = Route(lambda _names: [][1])
        batcher = batcher_of(route)
        with pytest.raises(IndexError):
            await ask(batcher, "a")
        route.answer = done
        assert await ask(batcher, "b") == "b"

    asyncio.run(scenario())


def test_a_cancelled_request_harms_no_other() -> None:
    async def scenario() -> Route:
        route = Route()
        batcher = batcher_of(route)
        route.let.clear()
        first = [asyncio.create_task(ask(batcher, name)) for name in "ab"]
        await wait_for_calls(route, 1)
        second = [asyncio.create_task(ask(batcher, name)) for name in "cd"]
        await asyncio.sleep(0)
        first[0].cancel()
        second[0].cancel()
        route.let.set()
        assert [await first[1], await second[1]] == ["b", "d"]
        assert first[0].cancelled()
        return route

    assert asyncio.run(scenario()).calls == [["a", "b"], ["d"]]


def test_items_are_answered_at_their_places_with_their_problems() -> None:
    async def item(name: str) -> CategoryCount:
        await asyncio.sleep(0)
        if name == "refused":
            raise Refused(409, "out-of-stock", "none left")
        if name == "away":
            raise Unavailable("database: away")
        if name == "bug":
            raise KeyError(name)
        return CategoryCount(category=name, products=1)

    results = asyncio.run(_answered([item(name) for name in ("a", "refused", "away", "bug", "b")]))
    assert [result.done.category if result.done else None for result in results] == ["a", None, None, None, "b"]
    assert [result.refused["status"] for result in results if result.refused] == [409, 503, 500]


async def _answered(work: list[Any]) -> list[Result]:
    return await answer_items(work)
