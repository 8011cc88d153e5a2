"""Opens the client: finds its marketplace or starts one, signs in, and keeps the session for the next time."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace_tui import ending, failures
from marketplace_tui.actions.state import AccountRole
from marketplace_tui.commands import sessions
from marketplace_tui.commands.connecting import GUEST, Account, Target, account_of, target_of
from marketplace_tui.first_frame import FIRST_FRAME
from marketplace_tui.summaries import TOUR

if TYPE_CHECKING:
    from marketplace_tui.app import MarketplaceApp
    from marketplace_tui.model.marketplace import Marketplace
    from marketplace_tui.model.tasks import Tasks
    from services_stub.client.session import Session

app = typer.Typer()

LOG_BYTES = 1_000_000
LAST = "client"
"""The name under which the session of a client without `--as` is kept: who signed in there stays signed in."""

_NOWHERE = "http://recording.invalid"
"""The gateway of a client that looks at a recording: it is never asked."""

_WITH_SOURCES = [sys.executable, "-m", "marketplace_tui"]


@app.callback()
def opening() -> None:
    """Make `tour` a command of a group, although it is the only one."""


@app.command(help=TOUR)
def tour(
    data_dir: Annotated[
        Path | None, typer.Option(help="The marketplace on this machine; started if none runs.", show_default=False)
    ] = None,
) -> None:
    """Open the client at its tour."""
    open_client(data_dir, "", None, first="tour")


def has_terminal() -> bool:
    """Whether the client can be shown: on a terminal, or to a browser by textual-serve, which sets this variable."""
    return "TEXTUAL_DRIVER" in os.environ or (sys.stdin.isatty() and sys.stdout.isatty())


def open_client(
    data_dir: Path | None, gateway: str, chosen: AccountRole | None, recording: Path | None = None, *, first: str = ""
) -> None:
    """Run the client until its end. It begins at the place `first`, by default with the first section of the role.

    Where a `recording` is named, it is looked at without a marketplace.

    Raises:
        typer.BadParameter: the options make no sense.
        typer.Exit: the marketplace could not be started, or the recording is none.
        MarketplaceError: the account cannot sign in.

    """
    _check(data_dir, gateway, chosen, recording)
    if not has_terminal():
        raise typer.BadParameter("the client needs a terminal", param_hint="stdin, stdout")
    ending.raise_on_signals()
    if recording is not None:
        _run_recording(recording)
        return
    target = target_or_started(data_dir, gateway)
    account = account_of(target, chosen, "user") if chosen is not None else GUEST
    session = sessions.load(target.session_file, account.email or LAST)
    if account != GUEST:
        # Tokens are renewed once: two clients with the same ones would end each other's session.
        session.tokens = None
        asyncio.run(_sign_in(target, account, session))
    _run(target, account, session, first)


def open_in_browser(
    data_dir: Path | None, gateway: str, chosen: AccountRole | None, port: int, recording: Path | None = None
) -> None:
    """Serve the client to browsers of this machine until Ctrl-C.

    Raises:
        OSError: the port is taken.

    """
    from marketplace_tui.web.server import serve

    _check(data_dir, gateway, chosen, recording)
    if recording is not None:
        serve([*_WITH_SOURCES, "--recording", str(recording)], port)
        return
    target_or_started(data_dir, gateway)
    options = [*(["--data-dir", str(data_dir)] if data_dir else []), *(["--gateway", gateway] if gateway else [])]
    serve([*_WITH_SOURCES, *options, *(["--as", chosen] if chosen else [])], port)


def target_or_started(data_dir: Path | None, gateway: str) -> Target:
    """The marketplace that the options name; where none runs on this machine, one that is started now."""
    from services_stub.client.control import NotRunning

    try:
        return target_of(data_dir, gateway)
    except NotRunning:
        FIRST_FRAME.leave()
        typer.echo("No marketplace runs yet: starting one. `marketplace down` ends it.", err=True)
        command = [*_WITH_SOURCES, "up", "--detach", *(["--data-dir", str(data_dir)] if data_dir else [])]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            raise typer.Exit(1) from None
        return target_of(data_dir, gateway)


async def _sign_in(target: Target, account: Account, session: Session) -> None:
    from services_stub.client.marketplace import MarketplaceClient

    async with MarketplaceClient(target.gateway, session=session) as client:
        await client.auth.login(account.email, account.password)


def _run(target: Target, account: Account, session: Session, first: str) -> None:
    from marketplace_tui.model.marketplace import Marketplace
    from services_stub.client.marketplace import MarketplaceClient

    def make(tasks: Tasks) -> Marketplace:
        return Marketplace(MarketplaceClient(target.gateway, session=session), tasks, state=target.state)

    def keep() -> None:
        sessions.keep(target.session_file, account.email or LAST, session)

    _run_app(make, target.session_file.parent, keep, first=first, gateway=target.gateway)


def _run_recording(path: Path) -> None:
    from marketplace_tui.model.marketplace import Marketplace
    from marketplace_tui.model.trace.playback import Playback
    from services_stub.client.marketplace import MarketplaceClient
    from services_stub.client.user_files import state_directory
    from simulator.trace.recording import NoRecording

    def make(tasks: Tasks) -> Marketplace:
        playback = Playback(tasks, path, time.monotonic)
        return Marketplace(MarketplaceClient(_NOWHERE), tasks, recording=playback)

    try:
        _run_app(make, state_directory(), lambda: None)
    except NoRecording as problem:
        FIRST_FRAME.leave()
        typer.echo(str(problem), err=True)
        raise typer.Exit(failures.FAILED) from None


def _run_app(
    make: Callable[[Tasks], Marketplace],
    log_directory: Path,
    keep: Callable[[], None],
    *,
    first: str = "",
    gateway: str = "",
) -> None:
    """Run the client of a marketplace, which is made with the tasks of the app; `keep` is called at the end."""
    from marketplace_tui import settings
    from marketplace_tui.app import MarketplaceApp
    from marketplace_tui.model.tasks import Tasks

    path = settings.default_path()
    read = settings.read(path)
    log_line = _log_in(log_directory)
    app: MarketplaceApp
    marketplace = make(Tasks(lambda error: app.note_bug(error)))
    app = MarketplaceApp(marketplace, first=first, gateway=gateway, read=read, settings_path=path, log_line=log_line)
    try:
        run_watched(app, log_line, keep)
    finally:
        keep()
    if app.return_code:
        raise typer.Exit(app.return_code)


def _check(data_dir: Path | None, gateway: str, chosen: AccountRole | None, recording: Path | None) -> None:
    """A recording is looked at alone."""
    if recording is not None and (data_dir is not None or gateway or chosen is not None):
        raise typer.BadParameter(
            "a recording is opened without --data-dir, --gateway and --as", param_hint="--recording"
        )


def run_watched(
    app: MarketplaceApp, log_line: Callable[[str], None], at_last: Callable[[], None] = lambda: None
) -> None:
    """Run a client until its end.

    `log_line` gets a text where its event loop stood still for a tenth of a second. `at_last` is called where it is
    told to end, and does not in time.
    """
    from marketplace_tui.watchdog import Watchdog

    FIRST_FRAME.hand_over()
    _keep_pauses_short()
    with asyncio.Runner(loop_factory=Watchdog(log_line, app.where).new_loop) as runner:
        runner.run(ending.run(app, mouse=app.settings.mouse, at_last=at_last))
        # A call of the control API is made in a thread, and a thread cannot be ended, however long there is no answer.
        timer = ending.deadline(app.return_code or 0, at_last)
    timer.cancel()


def _keep_pauses_short() -> None:
    """Have no key wait for the collector of garbage, which looks at everything that is loaded, or long for a thread."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sys.setswitchinterval(0.001)


def _log_in(directory: Path) -> Callable[[str], None]:
    """A function that writes into the client's log, which is opened when there is something to write."""

    def log_line(text: str) -> None:
        logger = logging.getLogger("marketplace.client")
        if not logger.handlers:
            try:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                handler: logging.Handler = RotatingFileHandler(
                    directory / "client.log", maxBytes=LOG_BYTES, backupCount=2
                )
            except OSError:
                handler = logging.NullHandler()  # a full disk is no reason to stop
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            logger.addHandler(handler)
            logger.propagate = False
        logger.warning(text)

    return log_line
