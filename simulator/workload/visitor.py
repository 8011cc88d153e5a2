"""One session at a marketplace: who it is, and what was learned in it."""

from __future__ import annotations

import time
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from simulator.engine.http import Answer, HttpSender, Request
from simulator.measure.outcomes import Outcome
from simulator.plan import Session
from simulator.population import Catalogue
from simulator.workload import answers, api
from simulator.workload.people import MARGIN_SECONDS, People, SignedIn


class Reply(NamedTuple):
    """The result of an action; the fields are those of `simulator.history.Operation`."""

    outcome: Outcome
    status: int = 0
    order_id: str = ""
    total: str = ""
    seen: tuple[str, ...] = ()


def reply_of(answer: Answer) -> Reply:
    """The reply that an answer is, whatever it says."""
    return Reply(answer.outcome, answer.status)


class Market(NamedTuple):
    """All that the sessions of one process share."""

    run_id: str
    seed: int
    catalogue: Catalogue
    people: People
    sender: HttpSender


class Visitor:
    """Sends the requests of one session."""

    def __init__(self, market: Market, session: Session) -> None:
        self.market, self.session = market, session
        self.step = -1
        self.request_id = ""
        """Of the latest request."""
        self.order_id = ""
        """The order that was placed last; empty before."""
        self.cart_filled: bool | None = None
        """False where all that was to be put into the cart was refused as unavailable; None before the first line."""
        self.seen_amount: Decimal | None = None
        """The amount that the cart showed last."""

    @property
    def user_id(self) -> str:
        """The account; empty for a guest."""
        account = self.market.people.of(self.session.role, self.session.person)
        return "" if account is None else account.user_id

    def product(self, number: int) -> str:
        """The id of a product."""
        return self.market.people.products[number]

    def key(self, planned: str) -> str:
        """The idempotency key of this run for one of the plan."""
        return f"{self.market.run_id}-{planned}"

    def begin_step(self) -> None:
        """Go on to the next step."""
        self.step += 1
        self.request_id = f"{self.market.run_id}-{self.session.number}-{self.step}"

    async def ask(self, request: Request) -> Answer:
        """Send a request of this person."""
        return await self.market.sender.send(await self._identified(request))

    async def ask_also(self, request: Request) -> Answer:
        """Send a further request of the same step."""
        self.request_id += "+"
        return await self.ask(request)

    async def _identified(self, request: Request) -> Request:
        account = self.market.people.of(self.session.role, self.session.person)
        if account is None:
            guest = blake2b(f"{self.market.run_id}-{self.session.number}".encode(), digest_size=16).hexdigest()
            return api.with_headers(request, {"x-request-id": self.request_id, "x-session-id": guest})
        if account.renew_at <= time.time():
            account = await self._renewed(account)
        return api.signed(api.with_headers(request, {"x-request-id": self.request_id}), account.token)

    async def _renewed(self, account: SignedIn) -> SignedIn:
        """The account with a new token, or as it was where it gets none: then the request is refused, and counted."""
        answer = await self.market.sender.send(api.login(account.email, account.password))
        renewed = signed_in(account.email, account.password, answer)
        if renewed is None:
            return account
        self.market.people.accounts[self.session.role][self.session.person] = renewed
        return renewed


def signed_in(email: str, password: str, answer: Answer) -> SignedIn | None:
    """The account that the answer to a login is about; None if it was refused."""
    tokens = answers.read(answer.body, answers.Tokens) if answer.outcome is Outcome.OK else None
    if tokens is None:
        return None
    renew_at = time.time() + tokens.expires_in - MARGIN_SECONDS
    return SignedIn(email, password, tokens.user.user_id, tokens.access_token, renew_at)
