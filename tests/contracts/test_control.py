"""The control contract on the wire: golden bytes of every action, fault and state, and their JSON Schema."""

from __future__ import annotations

import msgspec
import pytest

from services_stub.contracts import control, control_faults
from services_stub.contracts.base import Request
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.schemas import component_schemas

GOLDEN: list[tuple[Request, str]] = [
    (control.KillService(service="order"), '{"type":"kill-service","service":"order"}'),
    (control.PauseService(service="order"), '{"type":"pause-service","service":"order"}'),
    (control.ResumeService(service="order"), '{"type":"resume-service","service":"order"}'),
    (control.RestartService(service="order"), '{"type":"restart-service","service":"order"}'),
    (control.StopBroker(), '{"type":"stop-broker"}'),
    (control.StartBroker(), '{"type":"start-broker"}'),
    (control.KillBroker(), '{"type":"kill-broker"}'),
    (control.LoseUnflushed(), '{"type":"lose-unflushed"}'),
    (control.RestartBroker(), '{"type":"restart-broker"}'),
    (
        control.ReleaseRecords(topic="order-created", partition=2, batches=3),
        '{"type":"release-records","topic":"order-created","partition":2,"batches":3}',
    ),
    (
        control_faults.SlowRequests(api_key=1, group="order", milliseconds=5),
        '{"type":"slow-requests","apiKey":1,"topic":null,"partition":null,"group":"order","count":null,"milliseconds":5}',
    ),
    (
        control_faults.StoppedRequests(topic="order-created", partition=0),
        '{"type":"stopped-requests","apiKey":null,"topic":"order-created","partition":0,"group":null,"count":null}',
    ),
    (
        control_faults.RefusedRequests(count=2),
        '{"type":"refused-requests","apiKey":null,"topic":null,"partition":null,"group":null,"count":2}',
    ),
    (
        control_faults.RequestErrors(api_key=0, error=7),
        '{"type":"request-errors","apiKey":0,"topic":null,"partition":null,"group":null,"count":null,"error":7}',
    ),
    (
        control_faults.TimedOutRequests(api_key=0),
        '{"type":"timed-out-requests","apiKey":0,"topic":null,"partition":null,"group":null,"count":null}',
    ),
    (
        control_faults.LostAnswers(api_key=0),
        '{"type":"lost-answers","apiKey":0,"topic":null,"partition":null,"group":null,"count":null}',
    ),
    (control_faults.HeldRecords(topic="order-created"), '{"type":"held-records","topic":"order-created"}'),
    (control_faults.FullDisk(service="order"), '{"type":"full-disk","service":"order"}'),
    (control_faults.CutLink(link="order-product"), '{"type":"cut-link","link":"order-product"}'),
    (
        control_faults.SlowLink(link="order-product", milliseconds=50),
        '{"type":"slow-link","link":"order-product","milliseconds":50}',
    ),
    (
        control_faults.ClockSkew(service="order", milliseconds=-500),
        '{"type":"clock-skew","service":"order","milliseconds":-500}',
    ),
    (control_faults.DeclinedPayments(rate=0.2), '{"type":"declined-payments","rate":0.2}'),
    (control_faults.DelayedPayments(milliseconds=900), '{"type":"delayed-payments","milliseconds":900}'),
    (control_faults.PaymentOutage(), '{"type":"payment-outage"}'),
    (control_faults.LostPaymentAnswers(rate=1.0), '{"type":"lost-payment-answers","rate":1.0}'),
    (control_faults.DoubleCharges(rate=0.5), '{"type":"double-charges","rate":0.5}'),
    (
        control_faults.DuplicatedRecords(topic="order-created", rate=0.1),
        '{"type":"duplicated-records","topic":"order-created","rate":0.1}',
    ),
    (
        control_faults.DelayedRecords(topic="order-created", milliseconds=50),
        '{"type":"delayed-records","topic":"order-created","milliseconds":50}',
    ),
    (
        control_faults.ResentRecords(topic="order-created", rate=0.1),
        '{"type":"resent-records","topic":"order-created","rate":0.1}',
    ),
    (
        control_faults.PoisonRecords(topic="order-created", milliseconds=1000),
        '{"type":"poison-records","topic":"order-created","milliseconds":1000}',
    ),
]

STATE = (
    '{"gateway":"http://127.0.0.1:8080","kafka":{"mode":"embedded","bootstrapServers":"127.0.0.1:9092"},'
    '"cartStore":"valkey://127.0.0.1:6379/0","dataDir":"/data",'
    '"services":[{"name":"order","pid":3,"port":20001,"ready":false,"restarts":1,"paused":true}],'
    '"infrastructure":[{"name":"kafka","pid":0,"restarts":0,"paused":false}],'
    '"phase":"running","startedAt":"2026-01-01T00:00:00.000+00:00","supervisorPid":1,"launcherPid":2,"seed":7,"payments":"stripe",'
    '"links":["order-product"],'
    '"controlUrl":"http://127.0.0.1:20000","controlToken":"c","internalToken":"i",'
    '"users":[{"role":"admin","email":"admin@example.com","password":"p"}],"kafkaConfig":{"sasl.password":"s"}}'
)


@pytest.mark.parametrize(("command", "text"), GOLDEN, ids=[text for _, text in GOLDEN])
def test_a_command_has_its_bytes_and_comes_back_from_them(command: Request, text: str) -> None:
    assert encode_json(command).decode() == text
    union = control.Action if isinstance(command, control.Action) else control_faults.Fault
    assert msgspec.json.decode(text, type=union) == command
    with pytest.raises(msgspec.ValidationError, match="unknown field `extra`"):
        msgspec.json.decode(text[:-1] + ',"extra":1}', type=union)


@pytest.mark.parametrize("milliseconds", [-600_001, 600_001])
def test_a_clock_is_ahead_or_behind_by_ten_minutes_at_most(milliseconds: int) -> None:
    text = f'{{"type":"clock-skew","service":"order","milliseconds":{milliseconds}}}'
    with pytest.raises(msgspec.ValidationError, match="milliseconds"):
        msgspec.json.decode(text, type=control_faults.Fault)


def test_every_command_has_golden_bytes() -> None:
    assert {type(command) for command, _ in GOLDEN} == {*control.Action.__args__, *control_faults.Fault.__args__}


def test_the_state_file_has_its_bytes_and_comes_back_from_them() -> None:
    state = msgspec.json.decode(STATE, type=control.State)
    assert encode_json(state).decode() == STATE
    assert state.pids == {1, 2, 3}
    assert (state.pid_of("order"), state.pid_of("kafka"), state.pid_of("search")) == (3, 0, 0)
    assert state.url_of("order") == "http://127.0.0.1:20001"
    assert state.user("admin").email == "admin@example.com"


def test_a_state_file_of_a_later_version_can_be_read() -> None:
    assert msgspec.json.decode(STATE[:-1] + ',"new":1}', type=control.State).seed == 7


def test_the_contract_has_a_json_schema() -> None:
    schemas = component_schemas([control.State, control.Action, control_faults.Fault, control.Faults])
    names = {type(command).__name__ for command, _ in GOLDEN} | {"State", "Faults", "ActiveFault"}
    assert names <= schemas.keys()
    assert all(schemas[type(command).__name__]["additionalProperties"] is False for command, _ in GOLDEN)
