"""The identity of a client: the tokens of a signed-in account, and the guest session of its cart.

A value that a program can keep between runs; the authentication below it renews the tokens.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import msgspec

from services_stub.client.errors import ContractBroken, error_of_answer
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.auth import Refresh, Tokens, User

REFRESH_PATH = "/auth-service/api/auth/refresh"
JSON_HEADERS = {"content-type": "application/json"}


@dataclass
class Session:
    """The tokens, if signed in, and the id of a guest cart, if one was begun and is not merged yet."""

    tokens: Tokens | None = None
    guest_id: str = ""

    @property
    def user(self) -> User | None:
        """The account that is signed in."""
        return self.tokens.user if self.tokens else None

    @property
    def access_token(self) -> str:
        """The token to send; empty when signed out."""
        return self.tokens.access_token if self.tokens else ""

    def begin_guest(self) -> str:
        """The id of the guest cart, made when it is first needed."""
        self.guest_id = self.guest_id or secrets.token_hex(16)
        return self.guest_id


class TokenAuthentication(httpx.Auth):
    """Sends the access token; on 401 renews it, once for all requests that wait, and sends the request again, once."""

    def __init__(self, session: Session, base_url: httpx.URL) -> None:
        self._session = session
        self._refresh_url = base_url.join(REFRESH_PATH)
        self._renewing = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The requests that one request of the caller becomes."""
        used = self._session.access_token
        if not used:
            yield request
            return
        request.headers["authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        async with self._renewing:
            tokens = self._session.tokens
            if tokens is not None and tokens.access_token == used:
                self._renew(await _read((yield self._refresh_request(tokens))))
        if self._session.access_token:
            request.headers["authorization"] = f"Bearer {self._session.access_token}"
            yield request

    def _refresh_request(self, tokens: Tokens) -> httpx.Request:
        body = encode_json(Refresh(refresh_token=tokens.refresh_token))
        return httpx.Request("POST", self._refresh_url, content=body, headers=JSON_HEADERS)

    def _renew(self, answer: httpx.Response) -> None:
        if answer.is_success:
            try:
                self._session.tokens = msgspec.json.decode(answer.content, type=Tokens)
            except msgspec.MsgspecError as error:
                raise ContractBroken(f"the renewed tokens: {error}") from error
        elif answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            self._session.tokens = None
        else:
            raise error_of_answer(answer.status_code, answer.content, answer.headers.get("retry-after", ""))


async def _read(response: httpx.Response) -> httpx.Response:
    await response.aread()
    return response
