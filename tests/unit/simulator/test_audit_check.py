"""`marketplace simulate check`: the verdict on a stored run, its exit code, and the evidence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import OrderStatus
from simulator.auditor.checks import MEANING, Check
from simulator.cli import app
from simulator.history.directory import RunDirectory
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.trace.recording import Recorder
from tests.unit.simulator.sound_history import sound_history
from tests.unit.simulator.synthetic_history import SyntheticHistory

runner = CliRunner()


def checked(run: SyntheticHistory, path: Path, **values: object) -> tuple[int, str, Any]:
    """The exit code, the output, and `violations.json`."""
    directory = RunDirectory(path)
    run.write(directory, **values)
    result = runner.invoke(app, ["simulate", "check", str(path)])
    return result.exit_code, result.output, msgspec.json.decode(directory.violations.read_bytes())


def double_charge() -> SyntheticHistory:
    run = sound_history()
    run.publish_again(run.find("payment-success", "paid"))
    return run


def stuck() -> SyntheticHistory:
    run = sound_history()
    run.place("stuck", "u1", {"p1": 1})
    return run


def test_every_check_has_a_meaning() -> None:
    assert set(MEANING) == set(Check)


def test_a_sound_run_passes_and_says_what_it_does_not_show(tmp_path: Path) -> None:
    code, output, written = checked(sound_history(), tmp_path)
    assert (code, written["verdict"], written["violations"]) == (0, "pass", [])
    assert "verdict: pass" in output
    assert "two checkouts raced for the last units of a product" in output


def test_objectives_are_judged_on_the_stored_figures_where_they_are_asked_for(tmp_path: Path) -> None:
    checked(sound_history(), tmp_path)
    slos = ["--slo", "place-order.p99<1s", "--slo", "place-order.p99<1ms"]
    nothing = runner.invoke(app, ["simulate", "check", str(tmp_path), *slos])
    assert (nothing.exit_code, "no run that can be judged" in nothing.output) == (64, True)
    measurements = Measurements()
    measurements.record("place-order", Outcome.OK, planned=0, sent=0, done=2000)
    directory = RunDirectory(tmp_path)
    directory.write(replace(directory.read(), started_at=1, planned_us=SECOND, load_ended_at=1 + SECOND))
    directory.measurements.write_bytes(msgspec.json.encode(measurements))
    found = runner.invoke(app, ["simulate", "check", str(tmp_path), *slos])
    assert found.exit_code == 3
    assert found.output.startswith("place-order.p99<1s: met, measured 2 ms of 1\n")
    assert "SLO missed: place-order.p99<1ms: missed, measured 2 ms" in found.output


def test_a_violation_comes_with_events_requests_flow_and_command(tmp_path: Path) -> None:
    code, output, written = checked(double_charge(), tmp_path)
    (found,) = written["violations"]
    assert (code, found["check"], found["correlationId"]) == (1, "double-charge", "paid")
    assert found["places"][0].startswith("payment-success[")
    assert found["places"][0] in output
    assert "key key-paid" in found["operations"][0]
    assert any("payment-success" in line for line in found["flow"])
    assert f"marketplace trace show paid --recording {tmp_path}/records.msgpack" in output
    shown = runner.invoke(app, found["replay"].split()[1:])
    assert shown.exit_code == 0
    assert "payment-success" in shown.output


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, 1),
        ({"drained": False}, 4),
        ({"drained": False, "interrupted": True}, 2),
        ({"drained": False, "unread": "the broker is gone"}, 2),
        ({"unread": "the broker is gone"}, 2),
    ],
)
def test_a_missing_end_is_a_violation_only_after_the_drain(tmp_path: Path, values: dict[str, Any], code: int) -> None:
    assert checked(stuck(), tmp_path, **values)[0] == code


def test_a_sound_run_that_was_not_drained_or_not_asked_is_no_pass(tmp_path: Path) -> None:
    assert checked(sound_history(), tmp_path, drained=False)[0] == 4
    RunDirectory(tmp_path).final.unlink()
    result = runner.invoke(app, ["simulate", "check", str(tmp_path)])
    assert result.exit_code == 4
    assert "unknown: requests after the drain were not answered" in result.output
    sound_history().write(RunDirectory(tmp_path))
    RunDirectory(tmp_path).final.write_text('{"missing": ["GET /orders", "GET /cart"]}')
    result = runner.invoke(app, ["simulate", "check", str(tmp_path)])
    assert result.exit_code == 2
    assert "unknown: requests after the drain were not answered: GET /orders, and 1 more" in result.output


def test_a_run_without_an_order_shows_nothing(tmp_path: Path) -> None:
    run = SyntheticHistory()
    run.user("u1")
    code, output, _ = checked(run, tmp_path)
    assert code == 2
    assert "unknown: there was no order" in output


def test_a_product_that_changed_after_the_services_were_asked_is_not_compared_with_their_answers(
    tmp_path: Path,
) -> None:
    run = sound_history()
    run.write_rest(RunDirectory(tmp_path))
    run.now += 1_000
    run.edit("p1", price=Decimal("9.00"))
    with Recorder(RunDirectory(tmp_path).records) as recorder:
        recorder.write(run.records)
    assert runner.invoke(app, ["simulate", "check", str(tmp_path)]).exit_code == 0
    run.write_rest(RunDirectory(tmp_path), drained_at=run.now + 1)
    RunDirectory(tmp_path).final.write_bytes(encode_json(sound_history().final()))
    result = runner.invoke(app, ["simulate", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "stale-replica: 2 ×" in result.output


def test_something_wrong_is_a_violation_whenever_the_run_ended(tmp_path: Path) -> None:
    assert checked(double_charge(), tmp_path, drained=False, interrupted=True)[0] == 1


def test_a_run_whose_records_were_not_all_read_is_unknown(tmp_path: Path) -> None:
    run = stuck()
    run.records.remove(run.find("notification-sent", "late"))
    code, output, _ = checked(run, tmp_path)
    assert code == 2
    assert "unknown: skipped-records" in output
    assert "unknown: stuck-order" in output


def test_orders_from_before_the_recording_are_left_out(tmp_path: Path) -> None:
    run = sound_history()
    begin = run.find("order-updated", "shipped", 2)
    run.records = run.records[run.records.index(begin) :]
    run.operations = []
    code, _, written = checked(run, tmp_path, interrupted=True)
    assert (code, written["counts"]) == (0, {})
    assert OrderStatus.DELIVERED in run.orders["shipped"].status


def test_no_run_is_told_from_a_bad_one(tmp_path: Path) -> None:
    empty = runner.invoke(app, ["simulate", "check", str(tmp_path)])
    assert empty.exit_code == 64
    sound_history().write(RunDirectory(tmp_path))
    for name in ("operations.msgpack", "records.msgpack", "run.json"):
        (tmp_path / name).write_bytes(b"\x00\x00\x00\x01x")
        assert runner.invoke(app, ["simulate", "check", str(tmp_path)]).exit_code == 64


def test_json_is_the_whole_report(tmp_path: Path) -> None:
    double_charge().write(RunDirectory(tmp_path))
    result = runner.invoke(app, ["simulate", "check", str(tmp_path), "--json"])
    assert msgspec.json.decode(result.output) == msgspec.json.decode((tmp_path / "violations.json").read_bytes())
