"""Between services: the events of a topic that the log has lost are asked for again, of the service that has them."""

from __future__ import annotations

from services_stub.contracts.base import Request

REPLAYS_PATH = "/internal/replays"


class AskForReplay(Request, frozen=True, kw_only=True):
    """Send the events of `topic` again that are kept. `cluster_id` is the log that lost them: another one has all."""

    topic: str
    cluster_id: str
