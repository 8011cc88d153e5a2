"""The choices of the person who starts a marketplace, and the refusals of all others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.options import (
    RATE_LIMITS,
    Options,
    checked_fresh,
    checked_hosts,
    checked_kafka,
    checked_kafka_sasl,
    checked_links,
    checked_rate_limits,
    checked_sample_browsing,
    checked_sms,
    checked_smtp,
    read_kafka_config,
)


@pytest.mark.parametrize(
    "value", ["embedded", "apache", "localhost:9092", "a.example:1,b-2.example:65535", "[::1]:9092"]
)
def test_a_known_kind_of_kafka_or_addresses_are_accepted(value: str) -> None:
    assert checked_kafka(value) == value


def test_spaces_between_addresses_do_not_matter() -> None:
    assert checked_kafka("a:1, b:2") == "a:1,b:2"


@pytest.mark.parametrize(
    "value", ["", "redpanda", "localhost", ":9092", "a:0", "a:65536", "a:1,,b:2", "a:x", "kafka://a:1"]
)
def test_another_kafka_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--kafka takes"):
        checked_kafka(value)


def test_only_a_kafka_of_our_own_can_begin_empty() -> None:
    assert [checked_fresh(True, kafka) for kafka in ("embedded", "apache")] == [True, True]
    assert not checked_fresh(False, "a:1")
    with pytest.raises(CannotStart, match="the one at a:1 is not"):
        checked_fresh(True, "a:1")


def test_only_the_embedded_broker_can_be_given_a_password() -> None:
    assert checked_kafka_sasl(True, "embedded")
    assert not checked_kafka_sasl(False, "a:1")
    for kafka in ("apache", "a:1"):
        with pytest.raises(CannotStart, match="embedded broker"):
            checked_kafka_sasl(True, kafka)


@pytest.mark.parametrize("value", [0, 1e-6, 0.1, 1])
def test_browsing_is_sampled_by_a_share(value: float) -> None:
    assert checked_sample_browsing(value) == value


@pytest.mark.parametrize("value", [-0.1, 1.01, 1e-7, float("nan"), float("inf")])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(CannotStart, match="--sample-browsing takes"):
        checked_sample_browsing(value)


@pytest.mark.parametrize("value", ["", "smtp://host", "smtp://user@host:587", "smtps://host:465"])
def test_a_mail_server_is_given_by_its_url(value: str) -> None:
    assert checked_smtp(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "host",
        "http://host",
        "smtp://",
        "smtp://host:x",
        "smtp://host:99999",
        "smtp://[::1",
        "smtp://jo:12#b@host",
        "smtp://host/path",
    ],
)
def test_a_mail_server_without_a_url_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--smtp"):
        checked_smtp(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "http://host",
        "https://user@host:8443/messages?from=shop",
        "http://user@127.0.0.1:8443/messages?key=k",
        "http://user@[::1]/",
        "http://user@localhost",
    ],
)
def test_an_sms_sink_is_given_by_its_url(value: str) -> None:
    assert checked_sms(value) == value


@pytest.mark.parametrize(
    "value", ["host", "smtp://host", "http://", "http://host:0", "http://h/a b", "http://h/é", "http://[::1"]
)
def test_an_sms_sink_without_a_url_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--sms takes"):
        checked_sms(value)


@pytest.mark.parametrize(
    "value",
    ["http://user@host/messages", "http://host/?key=k3y", "http://user@10.0.0.1", "http://user@localhost.example"],
)
def test_an_sms_sink_gets_no_password_and_no_key_unencrypted(value: str) -> None:
    with pytest.raises(CannotStart, match="unencrypted: use https") as refused:
        checked_sms(value)
    assert "k3y" not in str(refused.value)


def test_properties_are_read_from_lines(tmp_path: Path) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text("# a comment\n\nsecurity.protocol = SASL_SSL\nsasl.password=a=b#c\n")
    assert read_kafka_config(file) == {"security.protocol": "SASL_SSL", "sasl.password": "a=b#c"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("no-value\n", "line 1: expected name=value"), ("a=b\n=c\n", "line 2"), ("bootstrap.servers=a:1\n", "--kafka")],
)
def test_a_line_that_is_no_property_is_named(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text(text)
    with pytest.raises(CannotStart, match=reason):
        read_kafka_config(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be read"):
        read_kafka_config(tmp_path / "missing")
    (tmp_path / "binary").write_bytes(b"\xff\xfe=\xff")
    with pytest.raises(CannotStart, match="cannot be read"):
        read_kafka_config(tmp_path / "binary")


def test_every_kafka_but_the_two_own_brokers_is_external() -> None:
    assert not Options(directory="/x").external
    assert not Options(directory="/x", kafka="apache").external
    assert Options(directory="/x", kafka="a:1").external


def test_rate_limits_are_named_and_the_others_keep_their_defaults() -> None:
    assert checked_rate_limits("") == RATE_LIMITS
    assert checked_rate_limits("client=50, login=0") == {**RATE_LIMITS, "client": 50.0, "login": 0.0}
    assert set(checked_rate_limits("off").values()) == {0.0}


@pytest.mark.parametrize("value", ["on", "client", "client=", "client=-1", "client=1e9", "other=1", "client=99999999"])
def test_a_rate_limit_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--rate-limit takes off, or some of client=1000"):
        checked_rate_limits(value)


def test_a_link_is_of_two_services_or_of_one_and_a_kafka_of_our_own() -> None:
    chosen = ["order-product", "order-kafka", "order-product"]
    assert checked_links(chosen, "apache") == ("order-product", "order-kafka")
    assert checked_links(["order-product"], "a:1") == ("order-product",)
    with pytest.raises(CannotStart, match="--link order-kafka needs the marketplace's own Kafka"):
        checked_links(["order-kafka"], "a:1")


@pytest.mark.parametrize("value", ["", "order", "order-", "order-order", "order-kafkas", "kafka-order", "a-b"])
def test_what_is_no_link_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--link takes two of"):
        checked_links([value], "embedded")


def test_hosts_are_names_without_ports() -> None:
    assert checked_hosts(["shop.example", "shop.example", "localhost"]) == ("shop.example", "localhost")


@pytest.mark.parametrize("value", ["", "shop.example:80", "http://shop", "a b", "*", "é.example", "-a", "a," + "b"])
def test_a_host_that_is_no_name_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="--host takes a name"):
        checked_hosts([value])


@pytest.mark.parametrize(
    ("check", "url"),
    [
        (checked_smtp, "smtp://jo:s3cret@host"),
        (checked_smtp, "jo:s3cret@"),
        (checked_sms, "https://jo:s3cret@host/sms"),
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(check: Callable[[str], str], url: str) -> None:
    with pytest.raises(CannotStart, match="_PASSWORD_FILE names") as refused:
        check(url)
    assert "s3cret" not in str(refused.value)
