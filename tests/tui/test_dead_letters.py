"""Acting on many dead letters: all that are open, part by part, and what is said where it ends in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
import typer

from marketplace_tui.commands.connecting import Target
from marketplace_tui.commands.dead_letter_views import dead_letter_list, dead_letter_page
from marketplace_tui.commands.dead_letters import _act, _chosen
from marketplace_tui.commands.invocation import Invocation
from marketplace_tui.commands.output import Look, Output, Table
from marketplace_tui.operations import dead_letters
from services_stub.client import MarketplaceClient, TryLater
from services_stub.contracts.http.dead_letters import (
    Content,
    DeadLetter,
    DeadLetterProblem,
    DeadLetterRecord,
    DeadLetterResult,
    DeadLetterResults,
    DeadLetters,
    DeadLetterState,
    Header,
)
from tests.unit.client.marketplace import FakeMarketplace, json, refusal

T = TypeVar("T")
PATH = "/api/admin/dead-letters"


def id_of(number: int) -> str:
    return f"order-created.dlq[0]@{number}"


def dead_letter(number: int, **fields: Any) -> DeadLetter:
    known: dict[str, Any] = {
        "dead_letter_id": id_of(number),
        "topic": "order-created",
        "partition": 3,
        "offset": 14,
        "group": "payment",
        "error": "a bug [bold]\x1b[2J",
        "attempt": 3,
        "at": "2026-01-01T00:00:00.000000Z",
        "key": "o1",
        "size": 2,
        "event_id": "e1",
        "correlation_id": "o1",
    }
    return DeadLetter(**(known | fields))


def page(*numbers: int, next_cursor: str | None = None) -> httpx.Response:
    items = [dead_letter(number) for number in numbers]
    return json(DeadLetters(items=items, next_cursor=next_cursor, matching=4, left_out=0))


def asked_ids(request: httpx.Request) -> list[str]:
    ids: list[str] = msgspec.json.decode(request.content)["deadLetterIds"]
    return ids


def done(request: httpx.Request) -> httpx.Response:
    results = [DeadLetterResult(dead_letter_id=name) for name in asked_ids(request)]
    return json(DeadLetterResults(results=results))


def run(shop: FakeMarketplace, call: Callable[[MarketplaceClient], Awaitable[T]]) -> T:
    async def use() -> T:
        async with shop.client() as client:
            return await call(client)

    return asyncio.run(use())


def test_all_that_are_open_are_found_the_oldest_first() -> None:
    shop = FakeMarketplace()
    shop.on("GET", PATH, page(9, 8, next_cursor="c"), page(7, 5))
    found = run(shop, lambda client: dead_letters.open_ids(client, "order-created", "payment"))
    assert found == [id_of(5), id_of(7), id_of(8), id_of(9)]
    query = "topic=order-created&group=payment&state=open"
    assert shop.asked() == [f"GET {PATH}?{query}&limit=100", f"GET {PATH}?{query}&cursor=c&limit=100"]


@pytest.mark.parametrize(("per_second", "sizes"), [(10, [50, 50, 20]), (500, [120]), (1, [5] * 24)])
def test_many_are_sent_in_as_many_requests_as_the_rate_needs(per_second: int, sizes: list[int]) -> None:
    shop = FakeMarketplace()
    shop.on("POST", f"{PATH}/send-again", done)
    ids = [id_of(number) for number in range(120)]

    async def send(client: MarketplaceClient) -> list[Sequence[DeadLetterResult]]:
        parts = dead_letters.send_again(client, [*ids, ids[0]], per_second=per_second, reason="")
        return [part async for part in parts]

    parts = run(shop, send)
    assert [len(part) for part in parts] == sizes
    assert [name for request in shop.requests for name in asked_ids(request)] == ids


def act(shop: FakeMarketplace, count: int, *, as_json: bool = False) -> None:
    """Discard so many dead letters as the command does."""

    async def discard(client: MarketplaceClient) -> None:
        invocation = Invocation(Target("", Path()), client, Output(as_json=as_json))
        ids = [id_of(number) for number in range(count)]
        await _act(invocation, dead_letters.discard(client, ids, reason="x"), count, "discarded")

    run(shop, discard)


@pytest.mark.parametrize(
    ("ids", "everything", "topic"), [([], False, ""), (["a"], True, ""), (["a"], False, "order-created")]
)
def test_dead_letters_are_named_or_chosen_by_filters(ids: list[str], topic: str, *, everything: bool) -> None:
    async def choose(client: MarketplaceClient) -> None:
        invocation = Invocation(Target("", Path()), client, Output(as_json=False))
        await _chosen(invocation, ids, topic, "", everything=everything)

    with pytest.raises(typer.BadParameter):
        run(FakeMarketplace(), choose)


def test_how_far_it_came_is_said_where_it_ends_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    shop = FakeMarketplace()
    shop.on("POST", f"{PATH}/discard", done, refusal(503, "kafka-away"))
    with pytest.raises(TryLater):
        act(shop, 600)
    said = capsys.readouterr()
    assert said.out == ""
    assert "500 of 600 are discarded" in said.err


def test_what_was_not_done_is_listed_and_decides_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    shop = FakeMarketplace()
    result = DeadLetterResult(dead_letter_id=id_of(0), problem=DeadLetterProblem.INCOMPLETE, detail="it was cut")
    shop.on("POST", f"{PATH}/discard", json(DeadLetterResults(results=[result])))
    for as_json in (False, True):
        with pytest.raises(Exception, match="1"):
            act(shop, 1, as_json=as_json)
    said = capsys.readouterr().out
    assert "0 dead letters discarded." in said
    assert f"{id_of(0)}  incomplete  it was cut" in said
    assert '"problem": "incomplete"' in said


def test_a_list_says_what_became_of_those_that_are_not_open() -> None:
    closed = dead_letter(1, state=DeadLetterState.DISCARDED, reason="of no use", closed_at="2026-01-01T00:00:00.5Z")
    for items, title in (([dead_letter(2)], "Error"), ([dead_letter(2), closed], "Reason")):
        listed = DeadLetters(items=items, next_cursor=None, matching=9, left_out=1200)
        table, *lines = dead_letter_list(listed, Look(terminal=False))
        assert isinstance(table, Table)
        assert table.columns[-1].title == title
        assert lines == [
            f"{len(items)} of 9 dead letters.",
            "The topics have 1,200 older ones, which are not listed.",
        ]


def test_one_is_shown_with_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    record = DeadLetterRecord(
        dead_letter=dead_letter(1, incomplete="its value was cut"),
        key=Content(text="o1", encoding="utf-8"),
        value=Content(text="/w==", encoding="base64"),
        headers=[Header(name="ce_id", value=Content(text="e1", encoding="utf-8"))],
    )
    Output(as_json=False).answer(record, dead_letter_page)
    said = capsys.readouterr().out
    for part in ("order-created[3]@14", "not whole", "its value was cut", "base64: /w==", "ce_id", "a bug [bold]␛[2J"):
        assert part in said, part
