"""How far each service has come in the topics that it consumes, asked of the services themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec

from services_stub.client import loopback
from services_stub.contracts.base import Body
from services_stub.contracts.control import State
from services_stub.contracts.encoding import indented_json
from services_stub.contracts.http.gateway import ServiceHealth, TopicProgress
from services_stub.infra.inspection.tables import columns


class ServiceLag(Body, frozen=True, kw_only=True):
    """The progress of one service; `answers` is false where it could not be asked."""

    service: str
    answers: bool
    topics: list[TopicProgress]


def lag_of(state: State) -> list[ServiceLag]:
    """The progress of every service, asked at the same time: a paused one is waited for."""
    names = [service.name for service in state.services]
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(lambda name: _ask(state, name), names))


def as_json(found: list[ServiceLag]) -> str:
    """The lag as an indented JSON array."""
    return indented_json(found)


def as_table(found: list[ServiceLag]) -> str:
    """The lag for people. Services that consume nothing have no row."""
    rows = [["SERVICE", "TOPIC", "LAG", "STALENESS", "NEWEST EVENT"]]
    for lag in found:
        if not lag.answers:
            rows.append([lag.service, "does not answer", "?", "?", "?"])
        for topic in lag.topics:
            stale = f"{topic.staleness_seconds:.1f} s"
            rows.append([lag.service, topic.topic, str(topic.lag_records), stale, topic.newest_event_time or "-"])
    return "\n".join(columns(rows))


def _ask(state: State, service: str) -> ServiceLag:
    try:
        _, body = loopback.request("GET", state.url_of(service), "/health/live", {})
        topics = msgspec.json.decode(body, type=ServiceHealth).topics
    except (OSError, msgspec.MsgspecError):
        return ServiceLag(service=service, answers=False, topics=[])
    return ServiceLag(service=service, answers=True, topics=topics)
