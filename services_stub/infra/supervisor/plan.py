"""The services of a marketplace, and how each is started: settings and processes, decided before anything runs."""

from __future__ import annotations

import msgspec

from services_stub.infra.config.credentials import Credentials
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.options import EMBEDDED, KAFKA, SANDBOX, Options
from services_stub.infra.config.ports import HOST
from services_stub.infra.config.services import GATEWAY, SERVICES, module_of
from services_stub.infra.processes.messages import ServiceArguments, encode
from services_stub.infra.processes.protocol import Fork
from services_stub.runtime.settings import Settings

ALL_IN_ONE = "services"


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of marketplace: its services, the modules they share, and the entries that run and that fill them."""

    services: tuple[str, ...]
    modules: tuple[str, ...]
    entry: str
    seed_entry: str


MARKETPLACE = System(
    services=SERVICES,
    modules=(*map(module_of, SERVICES), "services_stub.infra.processes.service_process"),
    entry="services_stub.infra.processes.service_process:run_services",
    seed_entry="services_stub.infra.supervisor.seed:run",
)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses and keys that every service needs to know of the rest."""

    ports: dict[str, int]
    bootstrap_servers: str
    kafka_config: dict[str, str]
    cart_store: str
    internal_token: str
    credentials: Credentials


def settings_of(system: System, options: Options, wiring: Wiring) -> list[Settings]:
    """The settings of every service."""
    directory = DataDirectory(options.directory)
    return [
        Settings(
            service=name,
            instance=f"{name}-1",
            host=HOST,
            port=wiring.ports[name],
            bootstrap_servers=_broker_of(name, options, wiring),
            kafka_config=_kept_brokers(options) | wiring.kafka_config,
            data_dir=str(directory.of(name)),
            peers=_peers_of(name, system, options, wiring),
            internal_token=wiring.internal_token,
            event_sampling=options.sample_browsing,
            options=_own_options(name, options, wiring),
            seed=options.seed,
        )
        for name in system.services
    ]


def _kept_brokers(options: Options) -> dict[str, str]:
    """Clients of the embedded broker keep it in mind while it is away.

    librdkafka otherwise forgets its brokers as soon as none answers, and looks for one once a second alone.
    """
    return {"metadata.recovery.strategy": "none"} if options.kafka == EMBEDDED else {}


def _peers_of(caller: str, system: System, options: Options, wiring: Wiring) -> dict[str, str]:
    """The addresses of all services; those of links are the proxies before them."""
    links = {name: link_of(caller, name) for name in system.services}
    parts = {name: link if link in options.links else name for name, link in links.items()}
    return {name: f"http://{HOST}:{wiring.ports[part]}" for name, part in parts.items()}


def _broker_of(service: str, options: Options, wiring: Wiring) -> str:
    """The address of the broker, or of the proxy before it that is this service's alone."""
    link = link_of(service, KAFKA)
    return f"{HOST}:{wiring.ports[link]}" if link in options.links else wiring.bootstrap_servers


def behind(link: str) -> str:
    """The name of the port that a link leads to: the callee's, or one that the broker has for this caller alone."""
    caller, _, callee = link.partition("-")
    return link_of(KAFKA, caller) if callee == KAFKA else callee


def kafka_ports(options: Options) -> dict[str, str]:
    """The links to the broker, each with the name of the broker's port behind it."""
    return {link: behind(link) for link in options.links if link.endswith(f"-{KAFKA}")}


def link_of(caller: str, callee: str) -> str:
    """The name of the connections of one service to another."""
    return f"{caller}-{callee}"


def _own_options(name: str, options: Options, wiring: Wiring) -> dict[str, str]:
    if name == "auth":
        admin = wiring.credentials.of("admin")
        profile = "development" if options.kafka == EMBEDDED else "owasp"
        return {"admin_email": admin.email, "admin_password": admin.password, "password_profile": profile}
    if name == GATEWAY:
        limits = {f"limit-{limit}": str(number) for limit, number in options.rate_limits.items()}
        return limits | ({"hosts": ",".join(options.hosts)} if options.hosts else {})
    if name == "cart":
        return {"store_url": wiring.cart_store}
    if name == "notification":
        urls = {"smtp_url": options.smtp, "sms_url": options.sms}
        gateway = {"gateway_url": f"http://{HOST}:{wiring.ports[GATEWAY]}"}
        return gateway | {option: url for option, url in urls.items() if url}
    if name == "payment" and options.payments != SANDBOX:
        return {"provider": options.payments, "key_file": options.payments_key_file, "url": options.payments_url}
    return {}


def processes_of(system: System, options: Options, settings: list[Settings]) -> list[Fork]:
    """One process per service, or one for all."""
    directory = DataDirectory(options.directory)
    groups = {ALL_IN_ONE: settings} if options.one_process else {own.service: [own] for own in settings}
    return [
        Fork(
            name=name,
            entry=system.entry,
            argument=msgspec.Raw(encode(ServiceArguments(services=group))),
            log=str(directory.log(name)),
        )
        for name, group in groups.items()
    ]


def process_of(options: Options, service: str) -> str:
    """The name of the process that a service runs in."""
    return ALL_IN_ONE if options.one_process else service
