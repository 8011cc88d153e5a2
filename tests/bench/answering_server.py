"""A server that answers every request at once, and counts them: the target of load generators that are compared.

`python -m tests.bench.answering_server PORT`. It takes requests without a body, and tells the count at `/count`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

_BODY = b'{"orderId":"6f1c1d5e-3f0a-5b8e-9a55-000000000004","status":"PAID","amount":"97.50","currency":"USD"}'
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_ANSWER = _HEAD % len(_BODY) + _BODY
_END = b"\r\n\r\n"


class _Server(asyncio.Protocol):
    """One connection."""

    answered = 0

    def __init__(self) -> None:
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        *requests, self._begun = (self._begun + data).split(_END)
        for request in requests:
            if request.startswith(b"GET /count "):
                body = b"%d" % _Server.answered
                self._transport.write(_HEAD % len(body) + body)
            else:
                _Server.answered += 1
                self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
