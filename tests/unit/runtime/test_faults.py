"""The faults of a service: replaced over HTTP by the supervisor alone, and read by the service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.control_faults import DeclinedPayments, DelayedRecords, PaymentOutage, ServiceFault
from services_stub.payment.service import SERVICE
from services_stub.runtime.faults import ActiveFaults
from tests.unit.serving import serving


def test_faults_are_found_by_their_kind_and_heard_of_when_they_change() -> None:
    heard: list[Sequence[ServiceFault]] = []
    faults = ActiveFaults([PaymentOutage()])
    faults.listen(heard.append)
    assert faults.find(PaymentOutage) == PaymentOutage()
    faults.replace([DeclinedPayments(rate=0.5)])
    assert faults.find(PaymentOutage) is None
    assert faults.find(DeclinedPayments) == DeclinedPayments(rate=0.5)
    assert heard == [(PaymentOutage(),), (DeclinedPayments(rate=0.5),)]


def test_the_supervisor_replaces_them(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path) as payment:
        body = [{"type": "payment-outage"}, {"type": "delayed-records", "topic": "payment-failed", "milliseconds": 5}]
        assert payment.internal("PUT", "/internal/faults", json=body).status_code == 204
        assert payment.context.faults.find(PaymentOutage)
        assert payment.context.faults.find(DelayedRecords)
        assert payment.internal("PUT", "/internal/faults", json=[]).status_code == 204
        assert payment.context.faults.find(PaymentOutage) is None


@pytest.mark.parametrize("body", [[{"type": "slow-requests", "milliseconds": 1}], {}, None], ids=str)
def test_a_body_that_names_none_is_refused(tmp_path: Path, body: Any) -> None:
    with serving(SERVICE, tmp_path) as payment:
        assert payment.internal("PUT", "/internal/faults", json=body).status_code == 400


def test_a_stranger_cannot(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path) as payment:
        assert payment.request("PUT", "/internal/faults", by="admin:a1", json=[]).status_code == 404
