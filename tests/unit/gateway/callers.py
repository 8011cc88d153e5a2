"""Callers and a gateway's context for tests, without Kafka and without other services."""

from __future__ import annotations

import asyncio
import base64
import json
import time

from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.tokens import Caller, Verifier, bearer
from tests.unit.gateway.servers import settings
from tests.unit.serving import ScriptedPeers

FORGED = "forged"


def token(
    user_id: str, role: str = "user", *, seconds: float = 900.0, signature: str = "genuine", sid: str = ""
) -> str:
    """An Authorization header with a token of the usual shape, and a signature that says whether it is genuine."""
    claims = {"userId": user_id, "role": role, "exp": int(time.time() + seconds), "sid": sid}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"Bearer header.{payload}.{signature}"


def caller(user_id: str, role: str = "user", *, seconds: float = 900.0, sid: str = "") -> Caller:
    """A caller whose token lasts for `seconds`."""
    return Caller(user_id, role, f"{user_id}@example.org", int(time.time() + seconds), session_id=sid)


class TrustingVerifier(Verifier):
    """Believes every token that is not marked as forged; counts how often it is asked."""

    def __init__(self) -> None:
        """Needs no keys."""
        self.asked = 0

    def recognized(self, authorization: str) -> Caller | None:
        """The caller that the token names."""
        return self._caller(authorization)

    async def caller(self, authorization: str) -> Caller:
        """The caller that the token names."""
        self.asked += 1
        return self._caller(authorization)

    @staticmethod
    def _caller(authorization: str) -> Caller:
        _, _, rest = bearer(authorization).partition(".")
        payload, _, signature = rest.partition(".")
        if not payload or signature == FORGED:
            raise Refused(401, "token-invalid", "forged")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return Caller(claims["userId"], claims["role"], "", claims["exp"], session_id=claims["sid"])


def gateway_context(*services: str) -> Context:
    """A context in the running event loop, with scripted services behind it."""
    peers = {name: f"http://{name}.invalid" for name in (*services, "gateway")}
    return Context(settings(peers), asyncio.get_running_loop(), ScriptedPeers(), TrustingVerifier())


def scripted(context: Context) -> ScriptedPeers:
    """The scripted services of a context."""
    assert isinstance(context.peers, ScriptedPeers)
    return context.peers
