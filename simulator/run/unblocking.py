"""Takes back the blocks of the sellers of a run: a session that ends early leaves its seller blocked."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from simulator.engine.http import ClientSender, HttpSender
from simulator.measure.outcomes import Outcome
from simulator.personas.personas import PERSONAS, Role
from simulator.plan.plan import Plan
from simulator.workload import api
from simulator.workload.asking import asked
from simulator.workload.people import People, SignedIn
from simulator.workload.visitor import signed_in

_ANSWER = timedelta(seconds=10)
_REASON = "the load test is over"


def blocks_sellers(plan: Plan) -> bool:
    """Whether a plan has sessions that block sellers: those of admins."""
    return any(weight and PERSONAS[name].role is Role.ADMIN for name, weight in plan.scenario.weights.items())


async def unblock_sellers(gateway: str, people: People) -> list[str]:
    """Take back whatever block the sellers have; the reasons where one may have it still."""
    admin = people.accounts[Role.ADMIN].get(0)
    if admin is None:
        return ["no account of an admin is known"]
    async with ClientSender(gateway, timeout=_ANSWER) as sender:
        # A long load outlasts the tokens from before it.
        login = await asked(sender, api.login(admin.email, admin.password))
        known = signed_in(admin.email, admin.password, login)
        if known is None:
            return [f"the admin cannot sign in: {login.status or 'no answer'}"]
        sellers = people.accounts[Role.SELLER].values()
        found = await asyncio.gather(*(_unblocked(sender, known, seller) for seller in sellers))
    return [problem for problem in found if problem]


async def _unblocked(sender: HttpSender, admin: SignedIn, seller: SignedIn) -> str:
    answer = await asked(sender, api.signed(api.unblock(seller.user_id, _REASON), admin.token))
    return "" if answer.outcome is Outcome.OK else f"{seller.email}: {answer.status or 'no answer'}"
