"""The password of the embedded broker, as its clients are told it: librdkafka's and kcat's, and Kafka's Java tools."""

from __future__ import annotations

from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.kafka.broker.sasl import USER

_PLAIN = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
_LOGIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"


def client_properties(password: str) -> dict[str, str]:
    """The properties of librdkafka with which a client is let in."""
    return {**_PLAIN, "sasl.username": USER, "sasl.password": password}


def write_client_files(directory: DataDirectory, bootstrap_servers: str, password: str) -> None:
    """Write a file for each kind of client, which its owner alone can read; without a password remove them."""
    address = {"bootstrap.servers": bootstrap_servers}
    jaas = {"sasl.jaas.config": f'{_LOGIN_MODULE} required username="{USER}" password="{password}";'}
    for path, properties in (
        (directory.kafka_client_file, address | client_properties(password)),
        (directory.kafka_java_file, address | _PLAIN | jaas),
    ):
        path.unlink(missing_ok=True)
        if password:
            path.touch(mode=0o600)
            path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")
