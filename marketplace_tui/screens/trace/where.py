"""Where a flow is now: asked of the cluster in a thread, and shown in a dialog."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from marketplace_tui.model.trace.reader import Reader, TraceReader
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.lines import Line, spans, wrapped
from marketplace_tui.text.signs import ELLIPSIS
from simulator.trace.cluster import Cluster
from simulator.trace.kafka_source import SourceUnavailable


def ask_where(screen: ClientScreen, flow_id: str, reader: Reader | None) -> None:
    """Ask which consumers have a flow before them; nothing where the topics are not known."""
    state = screen.client_app.marketplace.state
    if state is not None and isinstance(reader, TraceReader):
        screen.say(f"Looking at how fast the consumers are{ELLIPSIS}")
        cluster = Cluster(state.kafka.bootstrap_servers)
        screen.client_app.marketplace.tasks.start(_show(screen, reader, flow_id, cluster))


async def _show(screen: ClientScreen, reader: TraceReader, flow_id: str, cluster: Cluster) -> None:
    """Show the answer, unless another screen was gone to meanwhile."""
    try:
        found = await asyncio.to_thread(reader.where, flow_id, cluster)
    except SourceUnavailable as error:
        screen.say(str(error), "bad")
        return

    def lines(width: int) -> Sequence[Line]:
        """The answer in lines."""
        return [spans(line) for each in found for line in wrapped(each, width)]

    if screen.is_current:
        screen.app.push_screen(Details("Where it is now", lines))
