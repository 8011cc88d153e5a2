"""`marketplace simulate run`: wrong input and a marketplace that is not there end it with words and a code."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

from marketplace_tui import cli, failures
from simulator.run import running, targets
from tests.fake_server import listening


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--gateway", "http://shop"], "--kafka: the events are read from Kafka"),
        (["--gateway", "http://shop", "--fresh", "--kafka", "h:1"], "choose one of them"),
        (["--kafka", "apache"], "goes with --gateway or --fresh"),
        (["--gateway", "http://shop", "--kafka", "h:1", "--seed", "7"], "the plan has sessions of an admin"),
        (["--slo", "saga.paid.p99<5"], "is no SLO"),
        (["--slo", "search.p99<5/s"], "p99 is a time"),
        (["--slo", "saga.pad.p99<5s"], "--slo: saga.pad.p99<5s: there is no saga.pad. Did you mean saga.paid?"),
        (["--fault", "kil:order@1s"], "--fault: 'kil:order@1s': there is no fault 'kil'. Did you mean kill?"),
        (["--nemesis", "kill,sleep"], "--nemesis: there is no fault 'sleep'"),
        (["--drain", "soon"], "soon' is no duration"),
        (["--rate", "0"], "`rate` must be above 0"),
        (["--runs", __file__], "Not a directory"),
        (["nothing"], "nothing is no preset and no file"),
    ],
)
def test_wrong_input_ends_with_words(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MARKETPLACE_EMAIL", raising=False)
    assert cli.run(["simulate", "run", *arguments]) == failures.BAD_ARGUMENTS
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_marketplace_that_is_not_there_is_named_and_leaves_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        command = ["simulate", "run", "online-marketplace", "--seed", "7", "--runs", str(tmp_path)]
        assert cli.run([*command, "--gateway", f"http://{address}", "--kafka", address]) == failures.NOT_REACHABLE
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("seed 7: ")
        assert lines[-1] == "seed 7"
        assert "does not answer" in lines[1]
        assert cli.run([*command, "--data-dir", str(tmp_path / "none")]) == failures.NOT_REACHABLE
        assert "No marketplace runs on" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_neither_a_silent_kafka_nor_a_silent_gateway_is_waited_for_longer_than_said(
    silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "_ANSWER_SECONDS", 0.1)
    command = ["simulate", "run", "online-marketplace", "--runs", str(tmp_path), "--kafka", silent, "--gateway"]
    assert cli.run([*command, f"http://{silent}"]) == failures.NOT_REACHABLE
    assert f"the gateway at http://{silent} does not answer" in capsys.readouterr().out
    with listening(httpx.MockTransport(lambda _: httpx.Response(200, json={}))) as gateway:
        assert cli.run([*command, gateway]) == failures.NOT_REACHABLE
    assert f"Kafka at {silent} does not answer within 0.1 s" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_ctrl_c_before_a_run_begins_is_said_with_its_seed(
    silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "machine", interrupted)
    command = ["simulate", "run", "online-marketplace", "--seed", "7", "--runs", str(tmp_path), "--kafka", silent]
    assert cli.run([*command, "--gateway", f"http://{silent}"]) == failures.INTERRUPTED
    assert capsys.readouterr().out.splitlines()[1:] == ["interrupted: the run had not begun", "seed 7"]
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_at_the_begin_of_a_run_leaves_partial_results(
    silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.Run, "_begun", interrupted)
    command = ["simulate", "run", "online-marketplace", "--seed", "7", "--runs", str(tmp_path), "--kafka", silent]
    assert cli.run([*command, "--gateway", f"http://{silent}"]) == failures.INTERRUPTED
    (directory,) = tmp_path.iterdir()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["verdict: interrupted: these results are partial", f"results: {directory}", "seed 7"]
    assert json.loads((directory / "summary.json").read_bytes())["interrupted"]
