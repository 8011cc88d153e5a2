"""Links: connections of a service to another or to the broker, by a TCP proxy on loopback, which slows or cuts them.

A client of Kafka connects where the broker tells it, so the broker has a port of its own for each link, and tells those
who come there the port of the proxy.

Cut as a network is: connections stay, no byte passes, and what was sent arrives once the link is whole again, perhaps
after its sender has given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from services_stub.contracts.control_faults import CutLink, LinkFault
from services_stub.infra.config.ports import HOST
from services_stub.infra.config.services import SERVICES
from services_stub.infra.kafka.broker.peers import is_own
from services_stub.infra.supervisor.control import UnknownName
from services_stub.infra.supervisor.plan import behind

_PIECE = 1 << 16
_PIECES_WAITING = 64


class Links:
    """The links of a marketplace, by names as `order-product`; `ports` are theirs, and those that they lead to."""

    def __init__(self, names: Sequence[str], ports: Mapping[str, int]) -> None:
        self._links = {name: _link(name, ports) for name in names}
        self._faults: dict[str, LinkFault] = {}
        self._before: dict[str, int] = {}

    async def start(self) -> None:
        """Listen."""
        for link in self._links.values():
            await link.start()

    async def stop(self) -> None:
        """Close everything."""
        for link in self._links.values():
            await link.stop()

    def all(self) -> Sequence[LinkFault]:
        """The faults in force."""
        return list(self._faults.values())

    def hits(self) -> dict[str, int]:
        """How often data, or a new connection, met each fault in force, by its id."""
        return {key: self._links[fault.link].hits - self._before[key] for key, fault in self._faults.items()}

    def apply(self, fault: LinkFault) -> None:
        """Put a fault into force; raises UnknownName where there is no such link."""
        if fault.link not in self._links:
            known = ", ".join(self._links) or "none: name them by --link when the marketplace is started"
            raise UnknownName(f"there is no link {fault.link[:100]}; there are {known}")
        self._faults[fault.id] = fault
        self._before[fault.id] = self._links[fault.link].hits
        self._lay_upon(fault.link)

    def clear(self, fault_id: str) -> None:
        """Take a fault out of force; KeyError if it is not in force."""
        self._lay_upon(self._faults.pop(fault_id).link)

    def _lay_upon(self, name: str) -> None:
        own = [fault for fault in self._faults.values() if fault.link == name]
        cut = any(isinstance(fault, CutLink) for fault in own)
        slow = sum(fault.milliseconds for fault in own if not isinstance(fault, CutLink))
        self._links[name].disturb(cut=cut, milliseconds=slow)


def _link(name: str, ports: Mapping[str, int]) -> Link:
    """The link of a name.

    The broker takes the proxy for a process of its own user, so the proxy to it asks in its place. A service asks for a
    token, and to look up who connects takes too long where connections come all the time.
    """
    port = behind(name)
    return Link(ports[name], ports[port], is_own) if port not in SERVICES else Link(ports[name], ports[port])


class Link:
    """The proxy at one port before another. `hits` counts the data and connections that came while it was disturbed."""

    def __init__(
        self, port: int, behind: int, admits: Callable[[tuple[str, int], tuple[str, int]], bool] = lambda *_: True
    ) -> None:
        self._port, self._behind, self._admits = port, behind, admits
        self.hits = 0
        self._delay = 0.0
        self._whole = asyncio.Event()
        self._whole.set()
        self._prompt = asyncio.Event()
        self._prompt.set()
        self._passing: set[asyncio.Task[None]] = set()

    def disturb(self, *, cut: bool, milliseconds: int) -> None:
        """Let nothing pass where it is cut, and what comes from now on so much later.

        What has been held back passes at once where there is no delay any more.
        """
        self._delay = milliseconds / 1000
        for passes, event in ((not cut, self._whole), (not milliseconds, self._prompt)):
            event.set() if passes else event.clear()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, HOST, self._port, backlog=1024)

    async def stop(self) -> None:
        """Close the port and all connections."""
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        writers = [writer]
        try:
            if not self._admits(writer.get_extra_info("peername"), writer.get_extra_info("sockname")):
                return
            self._count()
            await self._whole.wait()
            behind, to_behind = await asyncio.open_connection(HOST, self._behind)
            writers.append(to_behind)
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(self._pass(reader, to_behind))
                both_ways.create_task(self._pass(behind, writer))
        except* OSError:
            pass  # one end is gone, and so is the other end's connection
        finally:
            for each in writers:
                each.close()

    def _count(self) -> None:
        self.hits += bool(self._delay) or not self._whole.is_set()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one way on, each piece so much later as is said when it comes, and its end behind the last of them."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES_WAITING)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(reader, pieces))
            tasks.create_task(self._write(pieces, writer))

    async def _read(self, reader: asyncio.StreamReader, pieces: asyncio.Queue[tuple[float, bytes]]) -> None:
        data = b"-"
        while data:
            data = await reader.read(_PIECE)
            self._count()
            await pieces.put((asyncio.get_running_loop().time() + self._delay, data))

    async def _write(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await pieces.get()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._prompt.wait()
            await self._whole.wait()
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
