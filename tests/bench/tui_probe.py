"""The client as the benchmark runs it: it tells, on a pipe, each moment at which a moved cursor was painted.

Run in a terminal: `python -m tests.bench.tui_probe GATEWAY DESCRIPTOR`.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.opening import run_watched
from marketplace_tui.settings import Read, Settings
from marketplace_tui.widgets.rows import Rows
from services_stub.client.marketplace import MarketplaceClient
from services_stub.client.session import Session
from services_stub.contracts.http.auth import Tokens
from tests.tui.fake_marketplace import user_of


class Probe(MarketplaceApp):
    """Writes a line after each paint with another row under the cursor."""

    def __init__(self, marketplace: Marketplace, descriptor: int) -> None:
        super().__init__(marketplace, read=Read(Settings(animations=False)))
        self._descriptor = descriptor
        self._painted = ""

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        rows = next(iter(self.screen.query(Rows)), None)
        if rows is not None and rows.cursor_key and rows.cursor_key != self._painted:
            self._painted = rows.cursor_key
            os.write(self._descriptor, f"{time.monotonic()} {rows.cursor_key}\n".encode())


def main() -> None:
    """Run the client on a gateway."""
    gateway, descriptor = sys.argv[1], int(sys.argv[2])
    tokens = Tokens(access_token="access", refresh_token="refresh", expires_in=900, user=user_of("user"))
    client = MarketplaceClient(gateway, session=Session(tokens=tokens))

    def fail(error: BaseException) -> None:
        raise error

    run_watched(Probe(Marketplace(client, Tasks(fail)), descriptor), lambda _line: None)


if __name__ == "__main__":
    main()
