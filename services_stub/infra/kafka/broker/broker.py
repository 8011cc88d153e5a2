"""The broker as a whole: its log, its groups and its server, with the table of who carries out which request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from services_stub.infra.kafka.broker.cluster_requests import ClusterRequests
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.group_requests import Groups
from services_stub.infra.kafka.broker.offset_requests import OffsetRequests
from services_stub.infra.kafka.broker.offsets import TOPIC as OFFSETS
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.server import Limits, Server
from services_stub.infra.kafka.broker.topics import Topics
