"""The resources of the gateway: made once a process, shared by its routes, its workers and the pass-through."""

from __future__ import annotations

from dataclasses import dataclass

from services_stub.gateway.answer_times import AnswerTimes
from services_stub.gateway.blocked import BlockedSellers
from services_stub.gateway.dead_letters.acts import DeadLetterActs
from services_stub.gateway.dead_letters.log import DeadLetterLog
from services_stub.gateway.documents import OpenApiDocument
from services_stub.gateway.hops import RequestHops, request_hops_of
from services_stub.gateway.limits import LIMITS, Limits, option_of
from services_stub.gateway.openapi import OWN
from services_stub.gateway.replay import Replayer
from services_stub.gateway.stream import Broadcaster, OnGap, OnRecords, OnStart
from services_stub.gateway.visibility import STREAMED
from services_stub.runtime.context import Context
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.range_reader import RangeReader
from services_stub.runtime.kafka.tail import Tail

_KEY = "resources"


@dataclass(frozen=True)
class Resources:
    """`services` are the base URLs of the services behind the gateway, by name; `hops` are None without sampling."""

    services: dict[str, str]
    broadcaster: Broadcaster
    blocked: BlockedSellers
    openapi: OpenApiDocument
    limits: Limits
    answer_times: AnswerTimes
    dead_letters: DeadLetterLog
    dead_letter_acts: DeadLetterActs
    hops: RequestHops | None


def resources_of(context: Context) -> Resources:
    """The resources of the gateway with this context."""
    resources: Resources | None = context.state.get(_KEY)
    if resources is None:
        resources = context.state[_KEY] = _assemble(context)
    return resources


def _assemble(context: Context) -> Resources:
    services = {name: url for name, url in context.settings.peers.items() if name != OWN}
    settings = context.settings
    topics = [event.topic for event in STREAMED]

    def reader_of(on_start: OnStart, on_records: OnRecords, on_gap: OnGap) -> Tail:
        return Tail(settings, topics, on_records, on_start=on_start, on_gap=on_gap)

    broadcaster = Broadcaster(
        context.loop,
        reader_of,
        Replayer(context.loop, lambda: RangeReader(settings)),
        context.stopping,
        cluster_id=context.cluster_id,
        secret=settings.internal_token,
        is_refused=lambda caller: blocked.refusal_of(caller) is not None,
    )
    blocked = BlockedSellers(context, broadcaster.close_those_of)
    limits = Limits(
        {name: float(context.settings.options.get(option_of(name), "0")) for name in LIMITS}, context.verifier
    )
    openapi = OpenApiDocument(context.peers, services)
    dead_letters = DeadLetterLog(lambda: RangeReader(settings))
    acts = DeadLetterActs(dead_letters, lambda on_fatal: Publisher(settings, on_fatal))
    hops = request_hops_of(context)
    return Resources(services, broadcaster, blocked, openapi, limits, AnswerTimes(), dead_letters, acts, hops)
