"""The choices of the person who starts a marketplace, checked before anything is started."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from services_stub.contracts.base import LARGEST_WEIGHT
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.services import SERVICES

EMBEDDED = "embedded"
APACHE = "apache"
KAFKA = "kafka"
"""The broker among the names of parts."""
SANDBOX = "sandbox"
SAMPLE_BROWSING = 0.1
OFF = "off"
RATE_LIMITS = {"client": 1000.0, "address": 1000.0, "guests": 100.0, "login": 10.0, "login-address": 50.0}
"""Requests a second of a user or guest session; without a token of an address; guest sessions that an address begins a
second; failed logins of an account a minute; logins and registrations a second of an address. All clients of a
marketplace on one machine share one address."""

_LIMIT = re.compile(r"\d{1,7}(\.\d{1,3})?", re.ASCII)
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_OWNED_PROPERTIES = {"bootstrap.servers": "give it with --kafka", "metadata.broker.list": "give it with --kafka"}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The choices of `marketplace up`. `kafka` is `embedded`, `apache`, or the addresses of a cluster.

    `sample_browsing` is the share of product views and cart changes that become events, 0 for none.
    `payments` is `sandbox`, `stripe` or `razorpay`. The key stays in its file: options are written down and shown.
    `hosts` are the names, beside those of loopback, under which the gateway may be asked.
    With `kafka_sasl` the embedded broker has a password.
    With `fresh` the marketplace's own broker begins without records, topics, groups and offsets.
    `links` are the connections that pass through a proxy, as `order-product`: the calls of order to product; or as
    `order-kafka`.
    """

    directory: str
    port: int | None = None
    one_process: bool = False
    seed: int = 1
    kafka: str = EMBEDDED
    kafka_config: dict[str, str] = {}
    kafka_sasl: bool = False
    smtp: str = ""
    sample_browsing: float = SAMPLE_BROWSING
    sms: str = ""
    payments: str = SANDBOX
    payments_key_file: str = ""
    payments_url: str = ""
    rate_limits: dict[str, float] = {}
    links: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    fresh: bool = False

    @property
    def external(self) -> bool:
        """Whether the Kafka cluster is run elsewhere."""
        return self.kafka not in (EMBEDDED, APACHE)


def checked_kafka(value: str) -> str:
    """The value of --kafka, if it is one."""
    if value in (EMBEDDED, APACHE):
        return value
    for address in value.split(","):
        match = _ADDRESS.fullmatch(address.strip())
        if match is None or not 0 < int(match[2]) < 65536:
            raise CannotStart(
                f"--kafka takes {EMBEDDED}, {APACHE}, or addresses like host:9092,host2:9092; not {value!r}."
            )
    return ",".join(address.strip() for address in value.split(","))


def checked_fresh(fresh: bool, kafka: str) -> bool:
    """The value of --fresh, if the Kafka is the marketplace's own."""
    if fresh and kafka not in (EMBEDDED, APACHE):
        raise CannotStart(f"--fresh empties the marketplace's own Kafka; the one at {kafka} is not.")
    return fresh


def checked_kafka_sasl(sasl: bool, kafka: str) -> bool:
    """The value of --kafka-sasl, if the Kafka is the embedded one."""
    if sasl and kafka != EMBEDDED:
        raise CannotStart("--kafka-sasl gives the embedded broker a password; of another Kafka it cannot be asked.")
    return sasl


def checked_sample_browsing(value: float) -> float:
    """The value of --sample-browsing, if it is a share: 0, or such that one event stands for a million at most."""
    if value and not 1 / LARGEST_WEIGHT <= value <= 1:
        raise CannotStart(f"--sample-browsing takes 0, or a share from {1 / LARGEST_WEIGHT} to 1; not {value:g}.")
    return value


def checked_rate_limits(value: str) -> dict[str, float]:
    """The limits of --rate-limit by their names, the defaults among them; all of them 0 for `off`."""
    if value == OFF:
        return dict.fromkeys(RATE_LIMITS, 0.0)
    limits = dict(RATE_LIMITS)
    for part in filter(None, value.split(",")):
        name, _, number = part.strip().partition("=")
        if name not in RATE_LIMITS or not _LIMIT.fullmatch(number):
            known = ", ".join(f"{name}={default:g}" for name, default in RATE_LIMITS.items())
            raise CannotStart(f"--rate-limit takes {OFF}, or some of {known} with numbers (0: no limit); not {part!r}.")
        limits[name] = float(number)
    return limits


def checked_links(values: Iterable[str], kafka: str) -> tuple[str, ...]:
    """The values of --link, if each names two different services, or a service and the marketplace's own Kafka."""
    for value in values:
        caller, _, callee = value.partition("-")
        if not (caller in SERVICES and callee in (*SERVICES, KAFKA) and caller != callee):
            known = f"two of {', '.join(SERVICES)}, as order-product, or one of them and {KAFKA}, as order-{KAFKA}"
            raise CannotStart(f"--link takes {known}; not {value[:100]!r}.")
        if callee == KAFKA and kafka not in (EMBEDDED, APACHE):
            raise CannotStart(
                f"--link {value} needs the marketplace's own Kafka: the brokers at {kafka} tell their clients "
                "addresses of their own, past any proxy."
            )
    return tuple(dict.fromkeys(values))


def checked_hosts(values: Iterable[str]) -> tuple[str, ...]:
    """The values of --host, if each is a name without a port."""
    for value in values:
        if not _HOST_NAME.fullmatch(value):
            raise CannotStart(f"--host takes a name like shop.example, without a port; not {value[:100]!r}.")
    return tuple(dict.fromkeys(values))


def is_url(value: str, *schemes: str) -> bool:
    """Whether this is a URL with one of these schemes, a host, and a port that can be connected to."""
    try:
        url = urlsplit(value)
        # What follows a `#` is no part of an address, so that one in a password would cut the host off.
        return url.scheme in schemes and bool(url.hostname) and url.port != 0 and "#" not in value
    except ValueError:
        return False


def is_open_to_others(value: str) -> bool:
    """Whether what is sent to this URL goes over a network unencrypted: plain HTTP to anywhere but loopback."""
    url = urlsplit(value)
    if url.scheme != "http" or url.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(url.hostname or "").is_loopback
    except ValueError:
        return True


def checked_smtp(value: str) -> str:
    """The value of --smtp, if it is one."""
    _refuse_password("smtp", value)
    if value and not (is_url(value, "smtp", "smtps") and urlsplit(value).path in {"", "/"}):
        raise CannotStart(f"--smtp takes a URL like smtp://user@host:587 or smtps://host; not {value!r}.")
    return value


def _refuse_password(option: str, value: str) -> None:
    """Refuse a URL with a password, without repeating it."""
    if ":" in value.rpartition("@")[0].rpartition("//")[2]:
        variable = f"MARKETPLACE_{option.upper()}_PASSWORD"
        raise CannotStart(
            f"Everyone on this machine can see the command line: leave the password out of --{option}, and put it into "
            f"the variable {variable}, or into a file that {variable}_FILE names."
        )


def checked_sms(value: str) -> str:
    """The value of --sms, if it is one."""
    _refuse_password("sms", value)
    if value and not (is_url(value, "http", "https") and value.isascii() and value.isprintable() and " " not in value):
        raise CannotStart(f"--sms takes a URL like https://user@host/messages; not {value!r}.")
    if is_open_to_others(value) and ("@" in urlsplit(value).netloc or urlsplit(value).query):
        # A query may well hold a key, too.
        raise CannotStart("--sms would send its password or key unencrypted: use https, or http to loopback alone.")
    return value


def read_kafka_config(path: Path) -> dict[str, str]:
    """The librdkafka properties in a file of lines `name=value`; lines that begin with # are comments."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"--kafka-config {path} cannot be read: {error}.") from error
    properties: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.strip():
            raise CannotStart(f"--kafka-config {path}, line {number}: expected name=value.")
        if name.strip() in _OWNED_PROPERTIES:
            raise CannotStart(f"--kafka-config {path}, line {number}: {_OWNED_PROPERTIES[name.strip()]}.")
        properties[name.strip()] = value.strip()
    return properties
