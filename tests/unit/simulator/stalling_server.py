"""An HTTP server that answers nothing for one second in every ten; run as a program, it prints its address."""

from __future__ import annotations

import asyncio
import time

from simulator.measure.measurements import SECOND

PERIOD = 10 * SECOND
STALL = (4 * SECOND, 5 * SECOND)
"""The part of each period, in microseconds, in which nothing is answered."""

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def stall_left(now: int) -> int:
    """The microseconds until an answer is given."""
    phase = now % PERIOD
    return STALL[1] - phase if STALL[0] <= phase < STALL[1] else 0


class _Stalling(asyncio.Protocol):
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        left = stall_left(time.monotonic_ns() // 1000)
        asyncio.get_running_loop().call_later(left / SECOND, self.transport.write, _ANSWER * data.count(b"\r\n\r\n"))


async def main() -> None:
    """Listen on a free port of the loopback address."""
    server = await asyncio.get_running_loop().create_server(_Stalling, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
