"""Exported flows as other programs read them: a real OpenTelemetry collector, and the real Mermaid in a browser.

Both come from the registry of their language when they are first needed, into the user's cache; a test is skipped where
that cannot be. The collector is built by OpenTelemetry's own builder, which takes minutes: `make collector` does it,
and from then on every run uses it.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketplace_tui import cli
from services_stub.client.user_files import cache_directory
from services_stub.contracts.events import HopOutcome
from simulator.trace import Seen, findings_of, flow_of
from simulator.trace.drawings.mermaid import mermaid
from simulator.trace.otlp import Document, otlp_document
from simulator.trace.recording import Recorder
from tests.fake_server import listening
from tests.ports import free_port
from tests.unit.simulator.purchase import PAID, dead_letter, purchase
from tests.unit.simulator.records import ORDER, START, hop, hops
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

COLLECTOR, MERMAID = "0.165.0", "12.3.0"
COLLECTOR_NAME = f"otelcol-{COLLECTOR}"
MANIFEST = f"""\
dist: {{name: otelcol, output_path: ./built}}
conf_resolver: {{default_uri_scheme: file}}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v{COLLECTOR}
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter v{COLLECTOR}
providers:
  - gomod: go.opentelemetry.io/collector/confmap/provider/fileprovider v1.71.0
"""
CONFIGURATION = """\
receivers: {otlp: {protocols: {http: {endpoint: "%s"}}}}
exporters: {otlp_http: {endpoint: "%s", encoding: json, compression: none, sending_queue: {enabled: false}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}}
"""
FLOW = [
    *purchase(),
    hops("search", hop(PAID, 90, HopOutcome.DEAD_LETTER), offset=99),
    dead_letter(PAID, group="search", error="a;b#<end> %% \u202e数", after_ms=91),
]


@pytest.mark.timeout(1800)
def test_an_opentelemetry_collector_takes_a_flow_and_hands_on_the_same_spans(tmp_path: Path) -> None:
    if not (in_cache(COLLECTOR_NAME).exists() or "MARKETPLACE_COLLECTOR" in os.environ):
        pytest.skip("it takes minutes to build: make collector")
    collector = kept(COLLECTOR_NAME, built_collector)
    handed_on: list[Document] = []

    def take(request: httpx.Request) -> httpx.Response:
        handed_on.append(json.loads(request.content))
        return httpx.Response(200, json={})

    configuration, port = tmp_path / "collector.yaml", free_port()
    with listening(httpx.MockTransport(take)) as behind:
        configuration.write_text(CONFIGURATION % (f"127.0.0.1:{port}", behind))
        with (
            (tmp_path / "log").open("wb") as log,
            subprocess.Popen([collector, "--config", str(configuration)], stdout=log, stderr=log) as running,
        ):
            try:
                wait_for(lambda: listens(port) or running.poll() is not None, what="the collector")
                assert running.poll() is None, (tmp_path / "log").read_text()
                recording = str(recorded(tmp_path))
                export = ["trace", "export", ORDER, "--recording", recording]
                assert cli.run([*export, "--otlp", f"http://127.0.0.1:{port}"]) == 0
                wait_for(lambda: handed_on, what="the spans")
            finally:
                running.terminate()
    spans = [span for document in handed_on for span in told(document)]
    sent = list(told(otlp_document(flow_of(ORDER, FLOW))))
    assert sorted(spans, key=str) == sorted(sent, key=str)
    assert {span["code"] for span in sent} == {0, 2}


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_mermaid_draws_a_flow(tmp_path: Path) -> None:
    flow = flow_of(ORDER, FLOW)
    lines = mermaid(flow, findings_of(flow, Seen(START + 60_000_000)))
    drawn = by_mermaid("\n".join(lines), tmp_path)
    texts = {html.unescape(re.sub("<[^>]*>", "", text)) for text in re.findall("<text[^>]*>(.*?)</text>", drawn, re.S)}
    said = {re.sub("#([0-9]+);", lambda code: chr(int(code[1])), line.partition(": ")[2]) for line in lines[1:]}
    assert {text for text in said if text} <= texts
    assert drawn.count('class="messageText"') == sum("-)" in line or "-x" in line for line in lines) > 10


def recorded(directory: Path) -> Path:
    """A recording of the flow."""
    path = directory / "recording"
    with Recorder(path) as recorder:
        recorder.write(FLOW)
    return path


def told(document: Document) -> list[dict[str, Any]]:
    """The spans of a request in one form: OTLP leaves open which empty fields are there."""
    names = ("traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes")
    return [
        {name: span.get(name) or "" for name in names}
        | {
            "service": resource["resource"]["attributes"],
            "links": [(link["traceId"], link["spanId"]) for link in span.get("links", [])],
            "code": span.get("status", {}).get("code", 0),
        }
        for resource in document["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def by_mermaid(text: str, directory: Path) -> str:
    """The page of a browser in which Mermaid has drawn a text."""
    page = directory / "page.html"
    page.write_text(
        f"<meta charset='utf-8'><pre class='mermaid'>{html.escape(text)}</pre>"
        f"<script src='{kept(f'mermaid-{MERMAID}.js', fetched_mermaid).as_uri()}'></script>"
        "<script>mermaid.initialize({startOnLoad: false}); mermaid.run().then("
        "() => document.title = 'drawn', problem => document.title = problem.message)</script>"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={directory}", "--dump-dom"]
    command = ["chromium", *options, "--virtual-time-budget=20000", page.as_uri()]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    (title,) = re.findall("<title>(.*?)</title>", drawn)
    assert title == "drawn"
    return drawn


def kept(name: str, make: Callable[[Path], Path]) -> Path:
    """A file in the user's cache, made in a directory of its own if it is not there yet."""
    path = in_cache(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as directory:
            make(Path(directory)).replace(path)
    return path


def in_cache(name: str) -> Path:
    """The place of a file in the user's cache."""
    return cache_directory() / "tests" / name


def built_collector(directory: Path) -> Path:
    """A collector that takes OTLP over HTTP and hands it on."""
    (directory / "manifest.yaml").write_text(MANIFEST)
    builder = f"go.opentelemetry.io/collector/cmd/builder@v{COLLECTOR}"
    run_or_skip(directory, "go", "run", builder, "--config", "manifest.yaml")
    return directory / "built" / "otelcol"


def fetched_mermaid(directory: Path) -> Path:
    """Mermaid as one script for browsers."""
    run_or_skip(directory, "npm", "pack", "--silent", f"mermaid@{MERMAID}")
    with tarfile.open(directory / f"mermaid-{MERMAID}.tgz") as package:
        package.extract("package/dist/mermaid.min.js", directory)
    return directory / "package" / "dist" / "mermaid.min.js"


def run_or_skip(directory: Path, program: str, *arguments: str) -> None:
    """Run a program that fetches; the test is skipped where it is not installed, or its registry not reached."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *arguments], cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{program} does not get it: {done.stderr[-500:]}")


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with contextlib.suppress(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/")
        return True
    return False
