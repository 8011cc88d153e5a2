"""The marketplace that a command speaks to, and the account for which it speaks.

The marketplace is the one on a data directory of this machine, or one at an address. The account is a development
account of that machine, or the one that the environment names: a command line never holds a password, because others
see it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from marketplace_tui.actions.state import Role

if TYPE_CHECKING:
    from services_stub.client.control import ControlClient
    from services_stub.client.marketplace import MarketplaceClient
    from services_stub.contracts.control import State

EMAIL, PASSWORD = "MARKETPLACE_EMAIL", "MARKETPLACE_PASSWORD"
SESSION_FILE = "session.json"
"""The name of the file of sessions in the data directory."""


@dataclass(frozen=True)
class Target:
    """A marketplace: its gateway, where its sessions are kept, and its state if it runs on this machine."""

    gateway: str
    session_file: Path
    state: State | None = None

    def control(self) -> ControlClient:
        """The client of its control API.

        Raises:
            typer.BadParameter: it does not run on this machine.

        """
        from services_stub.client.control import ControlClient

        return ControlClient.of(self.local_state())

    def local_state(self) -> State:
        """Its state file.

        Raises:
            typer.BadParameter: it does not run on this machine.

        """
        if self.state is None:
            raise typer.BadParameter(
                "this needs a marketplace on this machine: name its --data-dir instead", param_hint="--gateway"
            )
        return self.state


@dataclass(frozen=True)
class Account:
    """An account and its password."""

    email: str
    password: str


GUEST = Account("", "")


def target_of(data_dir: Path | None, gateway: str) -> Target:
    """The marketplace that the options name.

    Raises:
        NotRunning: none runs on the data directory.
        typer.BadParameter: the options make no sense.

    """
    from services_stub.client.control import read_state
    from services_stub.client.user_files import default_data_directory, state_directory

    if not gateway:
        directory = (data_dir or default_data_directory()).expanduser().absolute()
        state = read_state(directory)
        return Target(state.gateway, directory / SESSION_FILE, state)
    if data_dir is not None:
        raise typer.BadParameter(
            "name the marketplace by --data-dir or by --gateway, not by both", param_hint="--gateway"
        )
    url = _checked_url(gateway)
    name = hashlib.sha256(url.encode()).hexdigest()[:32]
    return Target(url, state_directory() / "sessions" / f"{name}.json")


def account_of(target: Target, chosen: Role | None, usual: Role) -> Account:
    """The account for which a command speaks: a chosen development account, that of the environment, or the usual one.

    Raises:
        typer.BadParameter: there is no such account here, or its password is missing.

    """
    email, password = os.environ.get(EMAIL, ""), os.environ.get(PASSWORD, "")
    role = chosen or usual
    if role == "guest":
        return GUEST
    if chosen is None and email:
        if not password:
            raise typer.BadParameter(f"{EMAIL} is set, and {PASSWORD} is not", param_hint="environment")
        return Account(email, password)
    if target.state is not None:
        user = target.state.user(role)
        return Account(user.email, user.password)
    if chosen is None and usual == "user":
        return GUEST  # much of a shop is open to guests, and the rest says that it is not
    raise typer.BadParameter(
        f"the development accounts are known on the machine of the marketplace alone: set {EMAIL} and {PASSWORD}",
        param_hint="--as",
    )


@asynccontextmanager
async def connected(target: Target, account: Account) -> AsyncIterator[MarketplaceClient]:
    """A client that is signed in; its session is kept for the next command, whatever becomes of this one.

    Raises:
        MarketplaceError: the marketplace does not let the account in, or does not answer.
        OSError: the session cannot be kept.

    """
    from marketplace_tui.commands import sessions
    from services_stub.client.marketplace import MarketplaceClient

    session = sessions.load(target.session_file, account.email)
    async with MarketplaceClient(target.gateway, session=session) as client:
        try:
            await _sign_in(client, account)
            yield client
        finally:
            sessions.keep(target.session_file, account.email, session)


async def _sign_in(client: MarketplaceClient, account: Account) -> None:
    from services_stub.client.errors import SignInAgain

    if account == GUEST:
        return
    if client.session.tokens is not None:
        try:
            await client.auth.me()
        except SignInAgain:
            client.session.tokens = None
        else:
            return
    await client.auth.login(account.email, account.password)


def _checked_url(text: str) -> str:
    try:
        url = urlsplit(text)
        good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        good = False
    if not good or not text.isascii() or not text.isprintable() or " " in text:
        raise typer.BadParameter("expected an address like http://host:8080", param_hint="--gateway")
    if url.username is not None or url.password is not None:
        raise typer.BadParameter(f"an address holds no password: set {EMAIL} and {PASSWORD}", param_hint="--gateway")
    return text.rstrip("/")
