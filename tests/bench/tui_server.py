"""A marketplace for the benchmark of the client: the fake of the screens' tests on a socket, with a stream of events.

Run as a program: prints its port, then serves until it is ended. `--rate` events a second go to every stream.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import uvicorn

from services_stub.contracts.events.product import ProductStatus, ProductUpdated
from tests.tui.data import PRODUCTS, shop
from tests.tui.fake_marketplace import FakeMarketplace

Message = dict[str, Any]


class Application:
    """Hands requests to the fake, and keeps its streams full."""

    def __init__(self, fake: FakeMarketplace, rate: float) -> None:
        self._fake, self._rate = fake, rate

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        content = b""
        while True:
            message = await receive()
            content += message.get("body", b"")
            if not message.get("more_body"):
                break
        url = f"http://bench{scope['path']}?{scope['query_string'].decode()}"
        response = await self._fake.answer(httpx.Request(scope["method"], url, content=content))
        headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() != b"content-length"]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for chunk in response.aiter_bytes():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def publish(self) -> None:
        """Publish events at the rate, in steps of a hundredth of a second."""
        loop = asyncio.get_running_loop()
        begun, sent = loop.time(), 0
        while self._rate:
            due = int((loop.time() - begun) * self._rate)
            for number in range(sent, due):
                self._fake.publish(_event(number))
            sent = due
            await asyncio.sleep(0.01)


def _event(number: int) -> ProductUpdated:
    product = PRODUCTS[number % len(PRODUCTS)]
    return ProductUpdated(
        product_id=product.product_id,
        seller_id=product.seller_id,
        name=product.name,
        category=product.category,
        price=product.price,
        currency=product.currency,
        quantity=number % 100,
        status=ProductStatus.ACTIVE,
        version=number + 2,
    )


async def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=0.0)
    options = parser.parse_args()
    fake = shop()
    application = Application(fake, options.rate)
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off", access_log=False))
    publishing = asyncio.create_task(application.publish())
    await server.serve(sockets=[listener])
    publishing.cancel()


if __name__ == "__main__":
    asyncio.run(main())
