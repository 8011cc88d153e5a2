"""An auth service at work in a directory of its own, with cheap passwords and one admin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services_stub.auth.service import SERVICE
from tests.databases import each_database as each_database
from tests.unit.serving import Serving, serving

ADMIN = {"email": "admin@example.com", "password": "admin-password"}
PASSWORD = "correct horse"
OPTIONS = {
    "password_profile": "development",
    "admin_email": ADMIN["email"],
    "admin_password": ADMIN["password"],
}


class AuthClient:
    """The auth service as its callers use it."""

    def __init__(self, running: Serving) -> None:
        self.running = running

    def post(self, path: str, body: Any = None, *, by: str = "") -> tuple[int, Any]:
        """Status and body of a POST."""
        response = self.running.request("POST", path, by=by, json=body)
        return response.status_code, response.json() if response.content else None

    def get(self, path: str, *, by: str = "") -> tuple[int, Any]:
        """Status and body of a GET."""
        response = self.running.request("GET", path, by=by)
        return response.status_code, response.json()

    def register(self, email: str, role: str = "user") -> str:
        """A new account's id."""
        status, user = self.post("/api/auth/register", {"email": email, "password": PASSWORD, "role": role})
        assert status == 201, user
        return str(user["userId"])

    def log_in(self, email: str, password: str = PASSWORD) -> tuple[int, Any]:
        """Try to log in."""
        return self.post("/api/auth/login", {"email": email, "password": password})

    def admin_token(self) -> str:
        """An access token of the admin."""
        status, tokens = self.log_in(ADMIN["email"], ADMIN["password"])
        assert status == 200, tokens
        return str(tokens["accessToken"])


@pytest.fixture
def auth(tmp_path: Path) -> Iterator[AuthClient]:
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        yield AuthClient(running)
