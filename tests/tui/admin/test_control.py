"""Faults and processes: everything of the control contract can be typed, applied, seen and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import get_args

import msgspec
import pytest

from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.model.admin.concerns import concerns
from marketplace_tui.model.admin.faults import KINDS, Entry, Kind, entries, made, parameters, values_in
from marketplace_tui.model.admin.overview import rate_of, share_of
from marketplace_tui.model.admin.processes import processes
from marketplace_tui.screens.admin.banner import warnings
from marketplace_tui.screens.admin.faults_text import cells
from services_stub.client.errors import InvalidInput
from services_stub.contracts.control import (
    Action,
    ActiveFault,
    KillBroker,
    KillService,
    PauseService,
    RestartService,
    ResumeService,
    StartBroker,
)
from services_stub.contracts.control_faults import (
    DelayedRecords,
    DuplicatedRecords,
    Fault,
    PaymentOutage,
    PoisonRecords,
    SlowRequests,
)
from tests.tui.admin.data import HEALTH, NOTHING, STATE, STATUS, SUMMARY, WELL, series
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.running import LARGE, RunningClient, running

BY_TAG = {kind.tag: kind for kind in KINDS}


def on(screen: str, control: FakeControl, play: Callable[[RunningClient], Awaitable[None]]) -> None:
    """Do something on a screen."""

    async def scenario() -> None:
        fake = AdminMarketplace().fake
        async with running(fake, "admin", size=LARGE, state=STATE, connect=lambda: control) as client:
            await client.press(str(SECTIONS["admin"].index(screen) + 1))
            await play(client)

    asyncio.run(scenario())


async def select(client: RunningClient, words: str) -> None:
    """Go to the row with these words."""
    await client.press("g")
    lines = [line for line in client.text.splitlines() if line[:2] in {"▸ ", "  "} and line.strip()]
    first = next(number for number, line in enumerate(lines) if line.startswith("▸"))
    row = next(number for number, line in enumerate(lines) if line[2:].startswith(words))
    await client.press(*["j"] * (row - first))


def test_every_fault_and_action_of_the_contract_is_there() -> None:
    def tags(union: object) -> set[str]:
        kinds = get_args(union)
        return set().union(*map(tags, kinds)) if kinds else {str(union.__struct_config__.tag)}  # type: ignore[attr-defined]

    assert set(BY_TAG) == tags(Fault) | tags(Action)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.tag)
def test_a_kind_is_made_of_the_values_that_its_form_begins_with(kind: Kind) -> None:
    asked = made(kind, {field.name: field.value for field in kind.fields})
    assert type(asked) is kind.type
    assert values_in(asked) == {field.name: field.value for field in kind.fields}


@pytest.mark.parametrize(
    ("tag", "values", "field"),
    [
        ("declined-payments", {"rate": "2"}, "rate"),
        ("declined-payments", {"rate": "a half"}, "rate"),
        ("delayed-payments", {"milliseconds": ""}, "milliseconds"),
        ("request-errors", {"apiKey": "0", "error": "x"}, "error"),
        ("request-errors", {"apiKey": "-1", "error": "6"}, "apiKey"),
        ("clock-skew", {"service": "order", "milliseconds": "-600001"}, "milliseconds"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(tag: str, values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(BY_TAG[tag], values)
    assert [one.field for one in refused.value.problem.errors] == [field]


def test_requests_of_a_broker_are_named_by_what_is_filled_in() -> None:
    values = {"apiKey": "0", "topic": "", "partition": " ", "group": "", "count": "2", "milliseconds": "5"}
    slow = made(BY_TAG["slow-requests"], values)
    assert slow == SlowRequests(api_key=0, count=2, milliseconds=5)
    assert parameters(slow) == "kafka api key 0, requests 2, milliseconds 5"
    active = ActiveFault(id=slow.id, fault=slow, hits=1)
    text = "".join(span.text for span in cells(Entry(BY_TAG["slow-requests"], active))[2])
    assert text == "⚠ kafka api key 0, requests 2, milliseconds 5, 1 hit"


def test_faults_in_force_take_the_place_of_their_kind() -> None:
    faults = [DuplicatedRecords(topic="a", rate=0.5), DuplicatedRecords(topic="b", rate=1)]
    active = [ActiveFault(id=fault.id, fault=fault) for fault in faults]
    keys = [entry.key for entry in entries(active)]
    assert len(keys) == len(set(keys)) == len(KINDS) + 1
    assert "duplicated-records" not in keys


def test_the_warning_names_one_fault_and_counts_several() -> None:
    faults = [ActiveFault(id="payment-outage", fault=PaymentOutage())] * 2
    assert warnings([]) == warnings(None) == ()
    assert warnings(faults[:1]) == ("⚠ payment outage",)
    assert warnings(faults) == ("⚠ 2 faults in force",)


def test_a_fault_is_applied_with_its_values_shown_everywhere_and_cleared() -> None:
    control = FakeControl()

    async def play(client: RunningClient) -> None:
        await select(client, "Duplicated records")
        await client.press("a")
        await client.press("ctrl+u")
        await client.type("no-topic")
        await client.press("ctrl+s")
        assert "there is no such topic of events" in client.text
        await client.press("shift+tab", "ctrl+u")
        await client.press("escape")
        await client.press("a", "enter", "ctrl+u")
        await client.type("7")
        await client.press("enter")
        assert "Expected `float` <= 1.0" in client.text
        await client.press("ctrl+u")
        await client.type("0.25")
        await client.press("enter")
        assert "Duplicated records in force: topic order-created, share 0.25." in client.text
        assert "⚠ topic order-created, share 0.25" in client.text
        await client.press("2")
        assert "⚠ duplicated records order created" in client.text.splitlines()[0]
        await client.press("8")
        await select(client, "Duplicated records")
        await client.press("x")
        assert "Duplicated records order created cleared." in client.text
        assert "⚠" not in client.text.splitlines()[0]

    on("faults", control, play)
    assert control.active == {}


def test_actions_are_done_once_and_all_faults_cleared_at_once() -> None:
    control = FakeControl()
    control.apply(PoisonRecords(topic="order-created", milliseconds=100))
    control.apply(DelayedRecords(topic="order-created", milliseconds=100))

    async def play(client: RunningClient) -> None:
        assert "⚠ 2 faults in force" in client.text.splitlines()[0]
        await select(client, "Kill broker")
        await client.press("a")
        await select(client, "Kill service")
        await client.press("a", "enter")
        assert "Kill service done: service order." in client.text
        await client.press("x")
        assert "This fault is not in force." in client.text
        await client.press("X")
        assert "2 faults cleared." in client.text

    on("faults", control, play)
    assert control.acted == [KillBroker(), KillService(service="order")]
    assert control.active == {}


def test_processes_are_killed_paused_resumed_and_restarted() -> None:
    control = FakeControl()

    async def play(client: RunningClient) -> None:
        await client.press("K", "R", "P")
        await select(client, "search")
        await client.press("P")
        await select(client, "kafka")
        await client.press("P")
        assert "no connections; records stay" in client.text
        await client.type("start")
        await client.press("enter")
        assert "kafka was resumed." in client.text
        await select(client, "valkey")
        await client.press("K")
        assert "The control API has no actions on valkey." in client.text
        await select(client, "order")
        await client.press("enter")
        assert "Consumer group order" in client.text
        assert "lag 41" in client.text

    on("services", control, play)
    assert control.acted == [
        KillService(service="auth"),
        RestartService(service="auth"),
        PauseService(service="auth"),
        ResumeService(service="search"),
        StartBroker(),
    ]


def test_a_control_api_that_does_not_answer_leaves_the_rest_as_it_is() -> None:
    control = FakeControl()

    async def play(client: RunningClient) -> None:
        control.away = True
        await client.press("K")
        assert "The marketplace does not answer." in client.text
        assert "offline" not in client.text

    on("services", control, play)


def test_the_period_of_the_charts_changes_and_what_needs_a_look_is_gone_to() -> None:
    async def play(client: RunningClient) -> None:
        await client.press("v")
        assert "Over time, by hour" in client.text
        await client.press("v")
        assert "Over time, by second" in client.text
        await client.press("g", "enter")
        assert client.text.startswith(" Marketplace › Services")

    on("overview", FakeControl(), play)


def test_what_needs_a_look_is_everything_that_is_not_well() -> None:
    active = [ActiveFault(id="payment-outage", fault=PaymentOutage())]
    found = concerns(processes(HEALTH, STATUS), active, SUMMARY, 2)
    assert [(one.key, one.place) for one in found] == [
        ("fault-payment-outage", "faults"),
        ("behind-order", "services"),
        ("away-payment", "services"),
        ("paused-search", "services"),
        ("away-valkey", "services"),
        ("dead-letters", "dead-letters"),
        ("restarts-order", "services"),
        ("failed", "payments"),
        ("blocked-sellers", "users"),
        ("blocked-products", "catalogue"),
    ]
    assert concerns(processes(WELL, None), [], NOTHING, 0) == []


def test_rates_and_shares_are_of_complete_steps_and_of_all_orders() -> None:
    steady = series(1, 0)
    points = [msgspec.structs.replace(point, placed=5) for point in steady.points]
    assert rate_of(msgspec.structs.replace(steady, points=[*points[:-1], steady.points[-1]])) == 5.0
    assert rate_of(msgspec.structs.replace(steady, points=[])) == 0.0
    assert share_of({"PAID": 3, "FAILED": 1}, "PAID") == 0.75
    assert share_of({}, "PAID") == 0.0
