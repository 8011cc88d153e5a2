"""`marketplace trace` on a recording: what each command prints, and how each problem ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from marketplace_tui import cli, failures
from simulator.trace import kafka_source
from simulator.trace.kafka_source import KafkaSource
from simulator.trace.recording import Recorder, recorded
from simulator.trace.records import TracedRecord
from tests.raw_kafka import broker_in_memory
from tests.unit.simulator.purchase import CHARGED, PAID, dead_letter, purchase
from tests.unit.simulator.records import ORDER, record

FOREIGN = [
    TracedRecord("foreign", 0, 0, 1_700_000_000_000_000, (), b"\x00\x01Avro", None),
    TracedRecord("foreign", 0, 1, 1_700_000_000_000_000, (("h", None),), None, b"tombstone"),
]
BROKEN = record("order-created", 7, event_id="lonely", after_ms=1, correlation="broken-1")


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A good purchase, an order that was given up, and records of another system."""
    path = tmp_path / "recording"
    with Recorder(path) as recorder:
        recorder.write([*purchase(), *FOREIGN, BROKEN, dead_letter(BROKEN, group="payment", error="why", after_ms=9)])
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """The output and the errors of a command that must end so."""
    assert cli.run(["trace", *arguments]) == code
    said = capsys.readouterr()
    return said.out, said.err


def test_flows_are_listed_and_the_broken_ones_alone(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "list", "--recording", recording)
    assert [line.split()[0] for line in out.splitlines()] == ["FLOW", ORDER, "broken-1"]
    assert "30 records = 9 in 2 flows + 19 hop reports + 2 without or of another flow + 0 evicted" in err
    broken, _ = run(capsys, "list", "--broken", "--sort", "slowest", "--json", "--recording", recording)
    (only,) = json.loads(broken)
    assert (only["correlationId"], only["broken"]) == ("broken-1", True)
    assert "dead letter" in only["verdict"]


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("waterfall", "PAID in 28 ms"),
        ("sequence", "├ payment-success +16 ms"),
        ("states", "the books balance"),
        ("steps", "order: PENDING ─▶ PAID"),
        ("raw", "ce_causationid: e1"),
        ("all", "the books balance"),
    ],
)
def test_a_flow_is_shown_in_every_view(
    view: str, says: str, recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in run(capsys, "show", ORDER[:8], "--view", view, "--recording", recording)[0]


def test_the_cause_of_a_broken_flow_is_shown(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "show", "broken-1", "--ascii", "--recording", recording)
    assert "x dead letter: payment cannot handle order-created: why (order-created.dlq[0]@0)" in out
    assert out.isascii()


def test_a_flow_leaves_in_every_form(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    form = {
        name: run(capsys, "export", ORDER, "--format", name, "--recording", recording)[0]
        for name in ("json", "mermaid", "text", "html")
    }
    assert json.loads(form["json"])["correlationId"] == ORDER
    assert form["mermaid"].startswith("sequenceDiagram\n")
    assert "critical path" in form["text"]
    assert form["html"].startswith("<!doctype html>")


def test_two_flows_are_compared(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "diff", ORDER, "broken-1", "--recording", recording)
    assert "order-created at payment" in out
    assert "only here" in out
    rows = json.loads(run(capsys, "diff", ORDER, ORDER, "--json", "--recording", recording)[0])
    assert all(row["one"] == row["other"] for row in rows)


def test_hops_and_links_are_counted(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    statistics = json.loads(run(capsys, "stats", "--json", "--recording", recording)[0])
    (payment,) = [each for each in statistics if (each["topic"], each["group"]) == ("order-created", "payment")]
    assert (payment["hops"], payment["p50"], payment["p99"]) == (1, 8.0, 8.0)
    assert sum(payment["shares"].values()) == pytest.approx(1, abs=0.001)
    assert "topic 98%" in run(capsys, "stats", "--recording", recording)[0]
    out, err = run(capsys, "topology", "--recording", recording)
    assert "payment-success    from  payment" in out
    assert "2 records of foreign name no flow" in err
    assert "flowchart LR" in run(capsys, "topology", "--format", "mermaid", "--recording", recording)[0]
    links = json.loads(run(capsys, "topology", "--format", "json", "--recording", recording)[0])
    shown = {
        (link["service"], link["publishes"], link["records"]) for link in links if link["topic"] == "payment-success"
    }
    assert {("payment", True, 1), ("order", False, 1)} <= shown


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ([], 11),
        (["--topic", "payment-*", "--topic", "foreign"], 3),
        (["--topic", "trace-hops"], 19),
        (["--type", "order-*"], 4),
        (["--key", ORDER], 3),
        (["--header", "ce_id=e2"], 1),
        (["--field", "orderId=" + ORDER, "--field", "amount=37.00"], 3),
        (["--field", "items.0.productId=p1"], 2),
        (["--grep", "Stoneware|Avro"], 4),
        (["--count", "2"], 2),
    ],
)
def test_a_stream_is_filtered_and_counted(
    filters: list[str], shown: int, recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = run(capsys, "follow", *filters, "--recording", recording)
    assert len(out.splitlines()) == shown
    numbers = [int(word.replace(",", "")) for word in err.split() if word.replace(",", "").isdigit()]
    assert numbers[0] == sum(numbers[1:])
    assert numbers[1] == shown


def test_a_stream_for_programs_is_json_in_lines(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in run(capsys, "follow", "--json", "--recording", recording)[0].splitlines()]
    assert [each["value"] for each in lines if each["topic"] == "foreign"] == ["\x00\x01Avro", None]
    (charged,) = [each for each in lines if each["topic"] == "payment-success"]
    assert (charged["key"], charged["value"]["orderId"], charged["headers"]["ce_id"]) == (ORDER, ORDER, "e2")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["list", "--from", "yesterday", "--recording", "{recording}"], failures.BAD_ARGUMENTS, "no place to begin"),
        (["follow", "--grep", "(", "--recording", "{recording}"], failures.BAD_ARGUMENTS, "no regular expression"),
        (["follow", "--header", "x", "--recording", "{recording}"], failures.BAD_ARGUMENTS, "name=value"),
        (["list", "--kafka", "x:1", "--recording", "{recording}"], failures.BAD_ARGUMENTS, "choose one"),
        (["show", "unknown", "--recording", "{recording}"], 1, "No flow unknown was read."),
        (["list", "--recording", __file__], 1, "is no recording"),
        (["list", "--data-dir", "{nothing}"], failures.NOT_REACHABLE, "No marketplace runs on"),
        (["record", "{nothing}/x/y", "--kafka", "127.0.0.1:1"], failures.NOT_REACHABLE, "Kafka does not answer"),
    ],
)
def test_a_problem_has_a_message_and_an_exit_code(
    arguments: list[str],
    code: int,
    says: str,
    recording: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_source, "_METADATA_SECONDS", 0.2)
    filled = [each.format(recording=recording, nothing=tmp_path) for each in arguments]
    assert says in run(capsys, *filled, code=code)[1]


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(recording: str, tmp_path: Path) -> None:
    whole = Path(recording).read_bytes()
    (cut := tmp_path / "cut").write_bytes(whole[:-7])
    assert [each for batch in recorded(cut) for each in batch] == [
        each for batch in recorded(Path(recording)) for each in batch
    ][:-1]


def test_a_recording_is_replayed_into_a_cluster_where_its_offsets_begin_anew(
    recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broker, address = broker_in_memory("order-created")
    for topic in ("payment-success", "order-updated", "trace-hops"):
        broker.create_topic(topic, 6)
    wanted = ["--topic", "payment-success", "--topic", "order-updated", "--topic", "trace-hops"]
    dry, err = run(capsys, "replay", recording, *wanted, "--kafka", address)
    assert dry.split() == ["1", "order-updated", "1", "payment-success", "19", "trace-hops"]
    assert "Nothing is written" in err
    assert "21 written, 0 refused" in run(capsys, "replay", recording, *wanted, "--write", "--kafka", address)[1]
    with KafkaSource(address, None) as source:
        found = {each.topic: each for batch in source.until_end() for each in batch}
    assert (found["payment-success"].offset, found["payment-success"].value) == (0, CHARGED.value)
    assert found["order-updated"].written_at == PAID.written_at // 1000 * 1000
    listed = json.loads(run(capsys, "stats", "--json", "--kafka", address)[0])
    assert {(each["topic"], each["group"]) for each in listed} >= {("payment-success", "order")}
    assert "lacks" in run(capsys, "replay", recording, "--write", "--kafka", address, code=1)[1]
    broker.close()
