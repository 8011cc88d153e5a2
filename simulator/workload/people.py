"""The accounts and products of a population as a marketplace knows them."""

from __future__ import annotations

import msgspec

from simulator.personas.personas import Role

MARGIN_SECONDS = 30
"""A token that is valid for less is renewed at the latest."""


class SignedIn(msgspec.Struct, frozen=True):
    """An account and its access token, which is renewed before it is used from `renew_at` on (s of Unix time)."""

    email: str
    password: str
    user_id: str
    token: str
    renew_at: float


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone and everything that a plan names, by their numbers there; the admin has the number 0."""

    accounts: dict[Role, dict[int, SignedIn]]
    products: list[str]
    """The ids of the products."""

    def of(self, role: Role, number: int) -> SignedIn | None:
        """The account of a person; None for a guest."""
        return None if role is Role.GUEST else self.accounts[role][number]
