"""The client as people meet it: on a terminal of tmux, and in a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.ports import free_port
from tests.system.marketplace import Marketplace
from tests.waiting import eventually, wait_for

CLIENT = f"{sys.executable} -m marketplace_tui"
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (Debian: tmux)")
needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")


class Tmux:
    """A terminal of a server of its own."""

    def __init__(self, directory: Path, columns: int = 80, lines: int = 24) -> None:
        self._tmux = ["tmux", "-S", str(directory / "tmux"), "-f", "/dev/null"]
        self._size = ["-x", str(columns), "-y", str(lines)]

    def run(self, command: str) -> None:
        """Run a command in a new window; the window stays when it has ended."""
        self._do("new-session", "-d", *self._size, f"{command}; echo ended with $?; sleep 600")

    def press(self, *keys: str) -> None:
        """Press keys, as tmux names them."""
        self._do("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("send-keys", "-l", text)

    def text(self) -> str:
        """The screen."""
        return self._do("capture-pane", "-p")

    def shows(self, words: str) -> str:
        """Wait until the screen shows some words; the screen."""

        def seen() -> str:
            text = self.text()
            return text if words in text else ""

        try:
            return wait_for(seen, seconds=60, what=words)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.text()}") from error

    def close(self) -> None:
        """End the server and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _do(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], check=True, capture_output=True, text=True, timeout=20)
        return done.stdout


@contextmanager
def tmux() -> Iterator[Tmux]:
    """A terminal, and a home without settings."""
    with tempfile.TemporaryDirectory(prefix="marketplace-tmux-") as directory:
        terminal = Tmux(Path(directory))
        before = os.environ.get("XDG_CONFIG_HOME")
        os.environ["XDG_CONFIG_HOME"] = directory
        try:
            yield terminal
        finally:
            terminal.close()
            os.environ.pop("XDG_CONFIG_HOME")
            if before is not None:
                os.environ["XDG_CONFIG_HOME"] = before


@needs_tmux
def test_the_client_opens_searches_and_survives_the_gateway(marketplace: Marketplace) -> None:
    """Typed words stay while the gateway is killed, and the client goes on by itself when it is back."""
    with tmux() as terminal:
        terminal.run(f"{CLIENT} --data-dir {marketplace.directory} --as user")
        terminal.shows("products")
        terminal.press("/")
        terminal.type("tea")
        terminal.shows("Teapot")
        pid = marketplace.service("gateway").pid
        os.kill(pid, 9)
        terminal.type("po")
        terminal.shows("teapo")
        wait_for(lambda: marketplace.service("gateway").ready, what="the gateway is back")
        terminal.type("t")
        terminal.press("Enter")
        screen = terminal.shows("Teapot")
        assert "Traceback" not in screen
        terminal.press("q")
        terminal.shows("ended with 0")


@pytest.mark.slow
@needs_tmux
def test_without_a_marketplace_one_is_started_and_stays(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    try:
        with tmux() as terminal:
            terminal.run(f"{CLIENT} --data-dir {directory}")
            terminal.shows("products")
            terminal.press("q")
            terminal.shows("ended with 0")
        status = subprocess.run(
            [sys.executable, "-m", "services_stub", "status", "--data-dir", str(directory)],
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert "running since" in status.stdout
    finally:
        down = [sys.executable, "-m", "services_stub", "down", "--data-dir", str(directory)]
        subprocess.run(down, check=True, capture_output=True, timeout=60)


@pytest.mark.slow
@needs_chromium
def test_the_client_is_served_to_a_browser(marketplace: Marketplace, tmp_path: Path) -> None:
    """The page loads the terminal, and the client draws into it."""
    port = free_port()
    command = [sys.executable, "-m", "marketplace_tui", "--web", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--data-dir", str(marketplace.directory)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as server:
        try:
            wait_for(lambda: answers(port), what="the page")

            with browser_of(f"http://127.0.0.1:{port}/", tmp_path) as debugging:
                asyncio.run(until_drawn(debugging))
        finally:
            server.terminate()
            server.wait(20)


@contextmanager
def browser_of(page: str, directory: Path) -> Iterator[int]:
    """A browser that shows a page; the port at which it can be asked about it."""
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={directory}",
        "--remote-debugging-port=0",
    ]
    with subprocess.Popen(
        ["chromium", *options, page], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as browser:
        try:
            told = directory / "DevToolsActivePort"
            yield int(wait_for(lambda: told.exists() and told.read_text().partition("\n")[0], what="the browser"))
        finally:
            browser.terminate()


async def until_drawn(debugging: int) -> None:
    """Wait until the script of the page gives its body the class by which it says that the client has drawn."""
    asked = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": "document.body.className"}}
    async with ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{debugging}/json/list") as answer:
            (url,) = [one["webSocketDebuggerUrl"] for one in await answer.json() if one["type"] == "page"]
        async with session.ws_connect(url) as browser:

            async def has_drawn() -> bool:
                await browser.send_json(asked)
                return "-first-byte" in (await browser.receive_json())["result"]["result"].get("value", "")

            await eventually(has_drawn, seconds=60, what="the client in the browser")


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
