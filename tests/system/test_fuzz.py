"""Every operation of the OpenAPI document, asked by schemathesis for what may break it, by each role.

A few requests each, always the same; `MARKETPLACE_FUZZ_MINUTES` asks for as many as fit into that time, of all roles
together.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.marketplace import Marketplace

ROLES = ("guest", "user", "seller", "admin")
SECONDS = round(float(os.environ.get("MARKETPLACE_FUZZ_MINUTES", "0")) * 60 / len(ROLES))
SHORT = ["--phases", "examples,fuzzing", "--max-examples", "5"]
LONG = ["--phases", "examples,coverage,fuzzing,stateful", "--max-time", str(SECONDS)]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "valid_requests_are_accepted",
)
HOOKS = Path(__file__).with_name("fuzz_checks.py")
LIVE_STREAM = "/api/stream"
"""It does not end by itself."""

LOGOUT_EVERYWHERE = "/auth-service/api/auth/logout-everywhere"
"""It would end the session that everything else is asked with."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.timeout(180 + 2 * SECONDS)
def test_no_request_breaks_an_operation(marketplace: Marketplace, tmp_path: Path, role: str) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{marketplace.gateway}/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--seed", "1", "--continue-on-failure", "--exclude-path", LIVE_STREAM]
    command += ["--exclude-path", LOGOUT_EVERYWHERE]
    command += LONG if SECONDS else SHORT
    if role != "guest":
        command += ["--header", f"Authorization: Bearer {_token(marketplace, role)}"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)}
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert _number(found.stdout, "Tested") == _number(found.stdout, "Selected") > 0, found.stdout


def _token(marketplace: Marketplace, role: str) -> str:
    async def log_in() -> str:
        client = marketplace.client()
        await client.auth.login(*marketplace.credentials(role))
        return client.session.access_token

    return asyncio.run(log_in())


def _number(report: str, word: str) -> int:
    """The number of operations that the report gives after a word."""
    found = re.search(rf"^\s*{word}: (\d+)", report, re.MULTILINE)
    assert found is not None, report
    return int(found[1])
