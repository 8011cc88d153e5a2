"""The programs of other people: kcat reads topics, curl sends requests to the gateway."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

needs_kcat = pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (Debian: kcat)")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (Debian: curl)")


@dataclass(frozen=True)
class Record:
    """One record as kcat shows it."""

    topic: str
    key: str
    headers: dict[str, str]
    payload: str

    @property
    def value(self) -> Any:
        """The payload as JSON."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class Answer:
    """One answer as curl shows it."""

    status: int
    content_type: str
    body: Any


def kcat(bootstrap_servers: str, *arguments: str) -> str:
    """The output of kcat."""
    command = ["kcat", "-b", bootstrap_servers, "-q", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def records(bootstrap_servers: str, topic: str) -> list[Record]:
    """Everything that kcat finds in a topic."""
    return [_record(line) for line in kcat(bootstrap_servers, "-C", "-e", "-J", "-t", topic).splitlines()]


def partitions(bootstrap_servers: str) -> dict[str, int]:
    """How many partitions kcat finds each topic to have."""
    return {
        topic["topic"]: len(topic["partitions"]) for topic in json.loads(kcat(bootstrap_servers, "-L", "-J"))["topics"]
    }


def curl(method: str, url: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
    """The answer to curl; `token` stands for the header that carries it, and `x_session_id` for `x-session-id`."""
    arguments = ["--silent", "--show-error", "--max-time", "30", "--request", method, "--write-out"]
    arguments.append("\n%{http_code} %{content_type}")
    if token := headers.pop("token", ""):
        headers["authorization"] = f"Bearer {token}"
    for name, value in headers.items():
        arguments += ["--header", f"{name.replace('_', '-')}: {value}"]
    if body is not None:
        arguments += ["--header", "content-type: application/json", "--data", json.dumps(body)]
    said = subprocess.run(["curl", *arguments, url], check=True, capture_output=True, text=True, timeout=60).stdout
    text, _, last = said.rpartition("\n")
    status, _, content_type = last.partition(" ")
    return Answer(int(status), content_type, json.loads(text) if text else None)


def _record(line: str) -> Record:
    found = json.loads(line)
    pairs: list[str] = found.get("headers", [])
    headers = dict(zip(pairs[::2], pairs[1::2], strict=True))
    assert len(headers) == len(pairs) // 2, f"a header comes twice: {pairs}"
    return Record(found["topic"], found["key"], headers, found["payload"])
