"""The way to one marketplace: its client, who is signed in, and since when it has not answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from marketplace_tui.actions.state import Role
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import MarketplaceError, OutcomeUnknown, Unreachable
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.http.auth import User

Answer = TypeVar("Answer")


class Connection(Watched):
    """Every call to the marketplace goes through `ask`, which notices whether it answers.

    `offline_since` is the clock's time, in seconds, since which nothing was answered; None while all is well.
    """

    def __init__(
        self, client: MarketplaceClient, clock: Callable[[], float], *, without_account: Role = "guest"
    ) -> None:
        super().__init__()
        self.client = client
        self.offline_since: float | None = None
        self._clock, self._without_account = clock, without_account
        self._last_answer = clock()
        self._user = client.session.user

    @property
    def user(self) -> User | None:
        """The account that is signed in."""
        return self.client.session.user

    @property
    def role(self) -> Role:
        """The role of the account that is signed in, or of the person without one."""
        return self.user.role if self.user else self._without_account

    async def ask(self, call: Awaitable[Answer]) -> Answer:
        """The answer of a call of the client.

        Raises:
            MarketplaceError: as the call does.

        """
        asked_at = self._clock()
        try:
            answer = await call
        except MarketplaceError as error:
            if _is_answer(error):
                self._note(answered=True)
            elif self._last_answer <= asked_at:
                # Where others were answered meanwhile, one service is too slow, and the connection is not lost.
                self._note(answered=False)
            raise
        self._note(answered=True)
        return answer

    async def sign_in(self, email: str, password: str) -> User:
        """Sign in; the guest's cart comes along."""
        return await self.ask(self.client.auth.login(email, password))

    async def register(self, email: str, password: str, *, role: Literal["user", "seller"], name: str) -> User:
        """Make an account and sign in."""
        await self.ask(self.client.auth.register(email, password, role=role, name=name))
        return await self.sign_in(email, password)

    async def sign_out(self) -> None:
        """Sign out; here it is done even where the marketplace does not hear of it."""
        try:
            await self.ask(self.client.auth.logout())
        except MarketplaceError:
            pass
        finally:
            self._note(answered=self.offline_since is None)

    def _note(self, *, answered: bool) -> None:
        """Keep whether the marketplace answered; watchers are told of what changed."""
        before = (self.offline_since is None, self._user)
        if answered:
            self._last_answer, self.offline_since = self._clock(), None
        elif self.offline_since is None:
            self.offline_since = self._last_answer
        self._user = self.user
        if before != (self.offline_since is None, self._user):
            self.changed()


def _is_answer(error: MarketplaceError) -> bool:
    """Whether the gateway answered, be it in place of a service that did not."""
    return error.by_gateway if isinstance(error, OutcomeUnknown) else not isinstance(error, Unreachable)
