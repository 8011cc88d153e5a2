"""The accounts of a population: the same for the same seed, so a second run signs in where the first registered."""

from __future__ import annotations

from typing import Literal

import msgspec

from simulator.random_stream import RandomStream


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to register or to sign in. `role` is the marketplace's; a shopper's is `user`."""

    email: str
    password: str
    role: Literal["user", "seller"]


def account_of(seed: int, role: Literal["user", "seller"], number: int) -> Account:
    """The account of a shopper or a seller of a seed's population."""
    kind = "shopper" if role == "user" else "seller"
    password = RandomStream(seed, kind, number, "password").below(1 << 64)
    return Account(email=f"{kind}-{number}.seed-{seed}@example.org", password=f"{password:016x}", role=role)
