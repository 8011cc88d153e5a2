"""Tokens are verified by keys that are asked for once, and recognized without asking where the key is known."""

from __future__ import annotations

import asyncio
import base64
import time
import tracemalloc
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services_stub.contracts.http.auth import Key, KeySet
from services_stub.runtime import clock
from services_stub.runtime.errors import Refused
from services_stub.runtime.tokens import Verifier

PRIVATE = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
_FRAMES = 40
"""Deeper than the calls from here to what is remembered."""


def _token(key: Ed25519PrivateKey = PRIVATE, *, seconds: int = 60, **claims: Any) -> str:
    now = int(time.time())
    every = {"iss": "marketplace", "sub": "u1", "iat": now, "exp": now + seconds, "jti": "j", "sid": "s"}
    every |= {"userId": "u1", "role": "user", "email": "e"}
    return "Bearer " + jwt.encode(every | claims, key, algorithm="EdDSA", headers={"kid": "k1"})


def _held_by_calls_from_here() -> int:
    """The bytes that were allocated by this module and by what it called, and by no other thread of the process."""
    from_here = tracemalloc.Filter(True, __file__, all_frames=True)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([from_here]).traces)


def _signed(payload: bytes) -> str:
    """A token that the service of the keys would never make."""
    return "Bearer " + jwt.PyJWS().encode(payload, PRIVATE, algorithm="EdDSA", headers={"kid": "k1"})


def _headed(header: bytes) -> str:
    return "Bearer " + base64.urlsafe_b64encode(header).rstrip(b"=").decode() + ".e30.e30"


async def _keys() -> KeySet:
    x = base64.urlsafe_b64encode(PRIVATE.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return KeySet(keys=[Key(kid="k1", x=x)])


def test_a_token_is_recognized_once_its_key_is_known() -> None:
    async def scenario() -> None:
        verifier = Verifier(_keys)
        assert verifier.recognized(_token()) is None
        caller = await verifier.caller(_token())
        assert verifier.recognized(_token(jti="another")) == caller
        assert (caller.user_id, caller.role) == ("u1", "user")

    asyncio.run(scenario())


def test_a_token_of_a_service_whose_clock_is_ahead_is_valid() -> None:
    caller = asyncio.run(Verifier(_keys).caller(_token(iat=int(time.time()) + 600)))
    assert caller.user_id == "u1"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (_token(OTHER), "token-invalid"),
        (_token(seconds=-1), "token-expired"),
        (_token(iss="another"), "token-invalid"),
        (_token(userId=None) + "x", "token-invalid"),
        (_token(exp=float("inf")), "token-invalid"),
        (_token(iat=float("inf")), "token-invalid"),
        (_token(exp=str(2**40)), "token-invalid"),
        (_token(userId=["u1"]), "token-invalid"),
        (_token(role={"admin": 1}), "token-invalid"),
        (_token(email=1), "token-invalid"),
        (_signed(b"\xff{}"), "token-invalid"),
        (_signed(b"[]"), "token-invalid"),
        (_signed(b'{"a":' + b"[" * 1400 + b"]" * 1400 + b"}"), "token-invalid"),
        (_headed(b'{"a":' + b"[" * 1400 + b"]" * 1400 + b"}"), "token-invalid"),
        (_headed(b'{"kid":"\xff"}'), "token-invalid"),
        (_headed(b'{"kid":["k1"],"alg":1e400}'), "token-invalid"),
        ("Bearer nonsense", "token-invalid"),
        ("Basic abc", "token-missing"),
    ],
)
def test_a_token_that_is_not_valid_is_refused_either_way(authorization: str, code: str) -> None:
    async def scenario() -> None:
        verifier = Verifier(_keys)
        await verifier.caller(_token())
        with pytest.raises(Refused, match=code):
            verifier.recognized(authorization)
        with pytest.raises(Refused, match=code):
            await verifier.caller(authorization)

    asyncio.run(scenario())


def test_tokens_that_have_expired_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    tracemalloc.start(_FRAMES)
    try:
        verifier = Verifier(_keys)
        held = []
        for minute in range(8):
            monkeypatch.setattr(clock, "seconds", lambda passed=60 * minute: now + passed)
            for number in range(100):
                asyncio.run(verifier.caller(_token(seconds=60 * minute + 30, jti=f"{minute}-{number}")))
            held.append(_held_by_calls_from_here())
    finally:
        tracemalloc.stop()
    # A token has some 500 bytes, and what is remembered of a hundred has no more than twenty thousand.
    assert held[-1] - held[1] < 20_000
