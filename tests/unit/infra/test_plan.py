"""The processes that a plan makes, and the settings of each."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from services_stub.infra.config.credentials import load_or_make
from services_stub.infra.config.options import Options
from services_stub.infra.config.services import SERVICES
from services_stub.infra.processes.messages import ServiceArguments
from services_stub.infra.supervisor import plan
from services_stub.runtime.settings import Settings

PORTS = {name: 20_000 + number for number, name in enumerate((*SERVICES, "order-product", "order-kafka"))}


def settings(tmp_path: Path, **chosen: object) -> dict[str, Settings]:
    options = msgspec.convert({"directory": str(tmp_path), **chosen}, Options)
    wiring = plan.Wiring(
        ports=PORTS,
        bootstrap_servers="127.0.0.1:9092",
        kafka_config=options.kafka_config,
        cart_store="valkey://127.0.0.1:1/0",
        internal_token="token",
        credentials=load_or_make(tmp_path / "credentials.json"),
    )
    return {own.service: own for own in plan.settings_of(plan.MARKETPLACE, options, wiring)}


def test_every_service_has_its_port_its_directory_and_its_peers(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert set(found) == set(SERVICES)
    for name, own in found.items():
        assert own.port == PORTS[name]
        assert own.data_dir == str(tmp_path / name)
        assert own.peers["order"] == f"http://127.0.0.1:{PORTS['order']}"
    assert len({own.data_dir for own in found.values()}) == len(found)


def test_only_the_calls_of_a_link_go_to_its_proxy(tmp_path: Path) -> None:
    found = settings(tmp_path, links=["order-product"])
    assert found["order"].peers["product"] == f"http://127.0.0.1:{PORTS['order-product']}"
    assert found["cart"].peers["product"] == f"http://127.0.0.1:{PORTS['product']}"
    assert found["order"].peers["cart"] == f"http://127.0.0.1:{PORTS['cart']}"


def test_a_link_to_kafka_is_of_one_service_and_leads_to_a_port_of_the_broker_that_is_its_alone(tmp_path: Path) -> None:
    found = settings(tmp_path, links=["order-kafka"])
    assert found["order"].bootstrap_servers == f"127.0.0.1:{PORTS['order-kafka']}"
    assert {own.bootstrap_servers for name, own in found.items() if name != "order"} == {"127.0.0.1:9092"}
    options = Options(directory=str(tmp_path), links=("order-product", "order-kafka"))
    assert plan.kafka_ports(options) == {"order-kafka": "kafka-order"}
    assert plan.behind("order-product") == "product"


def test_the_gateway_alone_may_be_asked_by_other_names(tmp_path: Path) -> None:
    found = settings(tmp_path, hosts=["shop.example", "b.example"])
    assert [name for name, own in found.items() if "hosts" in own.options] == ["gateway"]
    assert found["gateway"].options["hosts"] == "shop.example,b.example"


@pytest.mark.parametrize(("kafka", "profile"), [("embedded", "development"), ("apache", "owasp"), ("host:1", "owasp")])
def test_light_passwords_are_for_the_embedded_default_only(tmp_path: Path, kafka: str, profile: str) -> None:
    found = settings(tmp_path, kafka=kafka)
    assert found["auth"].options["password_profile"] == profile
    assert "admin_password" not in found["order"].options


def test_a_choice_reaches_the_services_that_it_concerns(tmp_path: Path) -> None:
    messages = {"smtp": "smtp://host", "sms": "http://host/sms"}
    kafka_config = {"security.protocol": "SSL"}
    found = settings(tmp_path, **messages, kafka="a:1", kafka_config=kafka_config, sample_browsing=1.0)
    gateway = {"gateway_url": f"http://127.0.0.1:{PORTS['gateway']}"}
    assert found["notification"].options == gateway | {"smtp_url": "smtp://host", "sms_url": "http://host/sms"}
    assert found["gateway"].kafka_config == {"security.protocol": "SSL"}
    own = {"sasl.mechanism": "PLAIN"}
    assert settings(tmp_path, kafka_config=own)["cart"].kafka_config == own | {"metadata.recovery.strategy": "none"}
    assert settings(tmp_path)["notification"].options == gateway
    assert (found["cart"].event_sampling, settings(tmp_path)["product"].event_sampling) == (1.0, 0.1)


def test_the_payment_service_gets_the_path_of_the_key_and_not_the_key(tmp_path: Path) -> None:
    stripe = settings(tmp_path, payments="stripe", payments_key_file="/keys/stripe", payments_url="http://host:1")
    assert stripe["payment"].options == {"provider": "stripe", "key_file": "/keys/stripe", "url": "http://host:1"}
    assert settings(tmp_path)["payment"].options == {}


def test_one_process_each_or_one_for_all(tmp_path: Path) -> None:
    own = list(settings(tmp_path).values())
    each = plan.processes_of(plan.MARKETPLACE, Options(directory=str(tmp_path)), own)
    assert [command.name for command in each] == list(SERVICES)
    together = Options(directory=str(tmp_path), one_process=True)
    (one,) = plan.processes_of(plan.MARKETPLACE, together, own)
    assert msgspec.json.decode(one.argument, type=ServiceArguments).services == own
    assert plan.process_of(together, "order") == one.name
