"""Dead letters are sent again at a bounded rate or discarded, each once, and the topics alone say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import msgspec
import pytest

from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.events import DeadLetterAct, OrderUpdated
from services_stub.contracts.http.dead_letters import DeadLetterProblem
from services_stub.gateway.replay import Missed
from services_stub.gateway.resources import resources_of
from services_stub.runtime.errors import Refused
from services_stub.runtime.kafka.records import Record
from tests.contracts.samples import USER
from tests.unit.gateway.callers import caller, token
from tests.unit.gateway.dead_letters import Admin, Topics
from tests.unit.gateway.live import Scene, record_of
from tests.unit.gateway.test_api import gateway

NOT_FOUND, INCOMPLETE = DeadLetterProblem.NOT_FOUND, DeadLetterProblem.INCOMPLETE
SENT, DISCARDED = DeadLetterProblem.ALREADY_SENT_AGAIN, DeadLetterProblem.ALREADY_DISCARDED
PATH = "/api/admin/dead-letters"
BOSS = {"authorization": token("boss", "admin")}


def sent_to(topics: Topics, topic: str = "order-created") -> list[Record]:
    return topics.records[topic, 0]


def test_records_are_sent_as_they_came_the_oldest_first_and_each_has_its_event() -> None:
    async def scenario() -> None:
        admin = Admin()
        ids = admin.topics.dead_letters(3)
        assert await admin.send_again(ids[2], ids[0]) == {ids[2]: None, ids[0]: None}
        came = record_of("order-created")
        for record in sent_to(admin.topics):
            assert (record.key, record.value) == (came.key, came.value)
            assert record.headers == [*came.headers, (SENT_AGAIN_TO, b"payment")]
        events = admin.topics.closed()
        assert [event.dead_letter_id for event in events] == [ids[0], ids[2]]
        assert {(event.act, event.user_id, event.reason) for event in events} == {
            (DeadLetterAct.SENT_AGAIN, "boss", "mended")
        }
        headers = dict(admin.topics.records["dead-letter-closed", 0][0].headers)
        assert headers["ce_correlationid"] == dict(came.headers)["ce_correlationid"]
        assert await admin.open() == [ids[1]]

    asyncio.run(scenario())


def test_nothing_is_done_twice_also_not_after_a_restart() -> None:
    async def scenario() -> None:
        admin = Admin()
        sent, discarded, left = admin.topics.dead_letters(3)
        await admin.send_again(sent)
        await admin.discard(discarded)
        for again in (admin, Admin(admin.topics)):
            expected = {sent: SENT, discarded: DISCARDED, "x": NOT_FOUND, "order-created.dlq[0]@9": NOT_FOUND}
            assert await again.send_again(*expected) == expected
            assert await again.discard(*expected) == expected
            assert await again.open() == [left]
        assert len(sent_to(admin.topics)) == 1
        assert len(admin.topics.closed()) == 2

    asyncio.run(scenario())


def test_of_two_requests_at_once_one_does_it() -> None:
    async def scenario() -> None:
        admin = Admin()
        (one,) = admin.topics.dead_letters(1)
        answers = await asyncio.gather(admin.send_again(one), admin.discard(one), admin.send_again(one))
        assert sorted(str(answer[one]) for answer in answers) == ["None", SENT, SENT]
        assert len(sent_to(admin.topics)) == len(admin.topics.closed()) == 1

    asyncio.run(scenario())


def test_a_record_that_was_not_copied_whole_can_only_be_discarded() -> None:
    async def scenario() -> None:
        admin = Admin()
        large = msgspec.structs.replace(record_of("order-created"), value=b"x" * 1_000_000)
        one = admin.topics.give_up(large)
        assert await admin.send_again(one) == {one: INCOMPLETE}
        assert (sent_to(admin.topics), admin.topics.closed()) == ([], [])
        assert await admin.discard(one) == {one: None}

    asyncio.run(scenario())


def test_what_the_broker_refuses_for_good_stays_open_and_the_rest_is_sent() -> None:
    async def scenario() -> None:
        admin = Admin()
        bad = admin.topics.give_up(msgspec.structs.replace(record_of("order-created"), key=b"refused"))
        (good,) = admin.topics.dead_letters(1)
        assert await admin.send_again(bad, good) == {bad: DeadLetterProblem.REFUSED, good: None}
        assert await admin.open() == [bad]

    asyncio.run(scenario())


def test_the_rate_holds_within_a_request_and_across_requests() -> None:
    async def scenario() -> None:
        admin = Admin()
        ids = admin.topics.dead_letters(20)
        begun = admin.clock.now
        for start in range(0, 20, 5):
            await admin.send_again(*ids[start : start + 5], per_second=2)
        assert admin.clock.now - begun == pytest.approx(19 / 2)
        await admin.discard(*admin.topics.dead_letters(20))
        assert admin.clock.now - begun == pytest.approx(19 / 2)

    asyncio.run(scenario())


@pytest.mark.parametrize("held", [1, 2])
def test_what_the_broker_does_not_acknowledge_is_unknown_and_can_be_sent_again(held: int) -> None:
    async def scenario() -> None:
        admin = Admin()
        ids = admin.topics.dead_letters(2)
        admin.topics.holds_back = held
        with pytest.raises(Refused) as refused:
            await admin.send_again(*ids)
        assert (refused.value.problem.status, refused.value.problem.code) == (503, "kafka-away")
        assert admin.topics.given_up == held
        still_open = await admin.open()
        assert still_open == ids[:held][::-1]
        assert await admin.send_again(*still_open) == dict.fromkeys(still_open)
        assert await admin.open() == []

    asyncio.run(scenario())


def test_a_broker_that_is_away_changes_nothing() -> None:
    async def scenario() -> None:
        admin = Admin()
        (one,) = admin.topics.dead_letters(1)
        admin.topics.away = True
        for work in (admin.send_again(one), admin.discard(one), admin.open()):
            with pytest.raises(Refused) as refused:
                await work
            assert refused.value.problem.status == 503
        assert admin.topics.closings == 3  # a client that failed may have no broker left, and is not used again
        admin.topics.away = False
        assert await admin.open() == [one]

    asyncio.run(scenario())


@asynccontextmanager
async def served(admin: Admin) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway's application with the dead letters of `admin`."""
    async with gateway() as (http, context):
        own = replace(resources_of(context), dead_letters=admin.log, dead_letter_acts=admin.acts)
        context.state["resources"] = own
        yield http
        admin.log.stop(5)


def test_admins_look_and_act_over_http() -> None:
    async def scenario() -> None:
        admin = Admin()
        one, two = admin.topics.dead_letters(2)
        async with served(admin) as http:
            page = (await http.get(PATH, params={"state": "open", "limit": 1}, headers=BOSS)).json()
            assert (page["items"][0]["deadLetterId"], page["matching"]) == (two, 2)
            found = (await http.get(f"{PATH}/order-created.dlq%5B0%5D%400", headers=BOSS)).json()
            assert (found["deadLetter"]["deadLetterId"], found["deadLetter"]["state"]) == (one, "open")
            assert (await http.get(f"{PATH}/nothing", headers=BOSS)).status_code == 404
            sent = await http.post(f"{PATH}/send-again", json={"deadLetterIds": [one]}, headers=BOSS)
            assert sent.json() == {"results": [{"deadLetterId": one, "problem": None, "detail": ""}]}
            discarded = await http.post(f"{PATH}/discard", json={"deadLetterIds": [two], "reason": "x"}, headers=BOSS)
            assert discarded.json()["results"][0]["problem"] is None
            assert (await http.get(PATH, params={"state": "open"}, headers=BOSS)).json()["items"] == []
            admin.topics.away = True
            away = await http.get(PATH, headers=BOSS)
            assert (away.status_code, away.headers["retry-after"]) == (503, "1")
            assert "start it or wait for it" in away.json()["detail"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("send-again", {"deadLetterIds": []}, "deadLetterIds"),
        ("send-again", {"deadLetterIds": ["a"], "perSecond": 0}, "perSecond"),
        ("send-again", {"deadLetterIds": ["a"], "perSecond": 501}, "perSecond"),
        ("send-again", {"deadLetterIds": ["a", "b", "a"]}, "deadLetterIds"),
        ("send-again", {"deadLetterIds": ["x" * 301]}, "deadLetterIds"),
        ("send-again", {"deadLetterIds": [str(n) for n in range(501)], "perSecond": 500}, "deadLetterIds"),
        ("send-again", {"deadLetterIds": ["a"], "reason": "x" * 501}, "reason"),
        ("discard", {"deadLetterIds": ["a"]}, "reason"),
        ("discard", {"deadLetterIds": ["a"], "reason": " "}, "reason"),
    ],
)
def test_input_is_bounded(path: str, body: dict[str, object], field: str) -> None:
    async def scenario() -> None:
        async with served(Admin()) as http:
            refused = await http.post(f"{PATH}/{path}", json=body, headers=BOSS)
            assert refused.status_code == 400
            assert refused.json()["errors"][0]["field"].startswith(field)

    asyncio.run(scenario())


def test_the_live_stream_leaves_out_what_was_sent_again_to_a_group() -> None:
    async def scenario() -> None:
        scene = await Scene().listening()
        await asyncio.sleep(0)
        with scene.broadcaster.subscription(caller(USER)) as live:
            came = scene.log.append(OrderUpdated.topic)
            again = msgspec.structs.replace(came, headers=[*came.headers, (SENT_AGAIN_TO, b"seller")])
            scene.log.records[OrderUpdated.topic, 0] = [again]
            scene.broadcaster.publish([again])
            assert live.take(scene.broadcaster.offsets) == b""
            scene.publish(OrderUpdated.topic)
            assert live.take(scene.broadcaster.offsets).count(b"event: ") == 1
        partitions = scene.broadcaster._partitions
        missed = Missed(caller(USER), partitions, (0,) * len(partitions.places), scene.broadcaster.offsets)
        scene.replayer.fill([missed])
        assert len(missed.messages) == 1

    asyncio.run(scenario())
