"""Accounts: made by their owners, found however their address is spelt, blocked by admins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.auth.domain import canonical_email
from services_stub.auth.service import SERVICE
from services_stub.auth.store.tables import TABLES
from services_stub.contracts.control_faults import ClockSkew
from services_stub.contracts.events import SellerBlocked, SellerUnblocked, UserCreated
from services_stub.contracts.http.auth import BlockEffect, SellerBlockChange
from services_stub.runtime import clock
from tests.unit.auth.conftest import ADMIN, OPTIONS, PASSWORD, AuthClient
from tests.unit.serving import serving


def test_a_new_account_is_announced_without_the_password(auth: AuthClient) -> None:
    body = {"email": "Ada@Example.com", "password": PASSWORD, "role": "seller", "name": "Ada", "phone": "+44 20 7946"}
    status, user = auth.post("/api/auth/register", body)
    assert status == 201
    assert PASSWORD not in str(user)
    created = UserCreated(
        user_id=user["userId"], email="Ada@Example.com", role="seller", name="Ada", phone="+44 20 7946"
    )
    assert auth.running.sender.events == [created]


@pytest.mark.parametrize(
    ("registered", "given"),
    [
        ("ada@example.com", "ADA@Example.COM"),
        ("stra\u00dfe@example.com", "STRASSE@example.com"),
        ("caf\u00e9@example.com", "CAFE\u0301@example.com"),
        ("ada@stra\u00dfe.example", "Ada@XN--STRAE-OQA.example"),
        ("ada@xn--mnchen-3ya.example", "ada@M\u00dcNCHEN.example"),
    ],
)
def test_an_address_is_one_account_however_it_is_spelt(auth: AuthClient, registered: str, given: str) -> None:
    user_id = auth.register(registered)
    status, tokens = auth.log_in(given)
    assert (status, tokens["user"]["userId"], tokens["user"]["email"]) == (200, user_id, registered)
    status, problem = auth.post("/api/auth/register", {"email": given, "password": PASSWORD})
    assert (status, problem["type"], problem["errors"][0]["field"]) == (409, "/problems/email-taken", "email")


@given(st.text())
def test_the_canonical_spelling_is_its_own(text: str) -> None:
    assert canonical_email(canonical_email(text)) == canonical_email(text)
    assert canonical_email(text.upper().lower()) == canonical_email(text.upper().lower().casefold())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@example.com"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": "a\u200bb@example.com"}, "email"),
        ({"email": "ab@mail.invalid"}, "email"),
        ({"phone": "-----"}, "phone"),
        ({"email": "a\r\nBcc: x@example.com"}, "email"),
        ({"email": "x" * 250 + "@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": 12345678}, "password"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"blocked": True}, "blocked"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(auth: AuthClient, change: dict[str, Any], field: str) -> None:
    status, problem = auth.post("/api/auth/register", {"email": "a@example.com", "password": PASSWORD} | change)
    assert (status, [error["field"] for error in problem["errors"]]) == (400, [field])


def test_a_huge_body_is_refused(auth: AuthClient) -> None:
    response = auth.running.request("POST", "/api/auth/register", content=b'{"email":"' + b"x" * 300_000 + b'"}')
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_the_first_start_makes_the_admin_and_the_next_keeps_it(tmp_path: Path) -> None:
    for password in ("admin-password", "another-password"):
        with serving(SERVICE, tmp_path, OPTIONS | {"admin_password": password}, own_tokens=True) as running:
            auth = AuthClient(running)
            assert auth.log_in(ADMIN["email"], "admin-password")[0] == 200
            status, page = auth.get("/api/admin/users?role=admin", by=auth.admin_token())
            assert (status, len(page["items"])) == (200, 1)
            assert running.sender.events == []


def test_the_address_of_a_customer_does_not_make_an_admin(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path, {"password_profile": "development"}, own_tokens=True) as running:
        AuthClient(running).register(ADMIN["email"])
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        assert AuthClient(running).log_in(ADMIN["email"], ADMIN["password"])[0] == 401
        assert AuthClient(running).log_in(ADMIN["email"])[1]["user"]["role"] == "user"


def test_a_blocked_seller_is_locked_out_until_unblocked(auth: AuthClient) -> None:
    seller_id, admin = auth.register("s@example.com", "seller"), auth.admin_token()
    tokens = auth.log_in("s@example.com")[1]
    for _ in range(2):
        status, user = auth.post(f"/api/admin/block-seller/{seller_id}", {"reason": "fraud"}, by=admin)
        assert (status, user["blocked"], user["blockedReason"]) == (200, True, "fraud")
    known = auth.running.internal("GET", "/internal/blocked-sellers").json()
    assert (known["sellerIds"], known["sessionsEnded"], known["endedSessions"]) == ([seller_id], {}, {})
    for status, problem in (
        auth.log_in("s@example.com"),
        auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]}),
    ):
        assert (status, problem["type"]) == (403, "/problems/seller-blocked")
    assert auth.log_in("s@example.com", "wrong password")[0] == 401
    for _ in range(2):
        status, user = auth.post(f"/api/admin/unblock-seller/{seller_id}", by=admin)
        assert (status, user["blocked"], user["blockedReason"]) == (200, False, "")
    assert auth.log_in("s@example.com")[0] == 200
    assert auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[0] == 200
    assert auth.running.sender.events[1:] == [
        SellerBlocked(seller_id=seller_id, reason="fraud"),
        SellerUnblocked(seller_id=seller_id, reason=""),
    ]


def test_only_sellers_are_blocked_and_only_by_admins(auth: AuthClient) -> None:
    user_id, admin = auth.register("u@example.com"), auth.admin_token()
    assert auth.post(f"/api/admin/block-seller/{user_id}", {}, by=admin)[0] == 404
    assert auth.post("/api/admin/block-seller/unknown", {}, by=admin)[0] == 404
    user = auth.log_in("u@example.com")[1]["accessToken"]
    assert auth.post(f"/api/admin/block-seller/{user_id}", {}, by=user)[0] == 403
    assert auth.post(f"/api/admin/block-seller/{user_id}", {})[0] == 401
    assert auth.running.request("GET", "/internal/blocked-sellers", by=admin).status_code == 404


def test_an_admin_finds_accounts(auth: AuthClient) -> None:
    admin = auth.admin_token()
    for number in range(3):
        auth.register(f"Shopper_{number}@example.com")
    auth.register("seller@example.com", "seller")

    def emails(query: str) -> list[str]:
        status, page = auth.get(f"/api/admin/users?{query}", by=admin)
        assert status == 200, page
        return [item["email"] for item in page["items"]]

    assert emails("role=seller") == ["seller@example.com"]
    assert emails("q=SHOPPER_") == [f"Shopper_{number}@example.com" for number in (2, 1, 0)]
    assert emails("q=%25") == []
    page = auth.get("/api/admin/users?limit=4", by=admin)[1]
    assert len(page["items"]) == 4
    assert emails(f"limit=4&cursor={page['nextCursor']}") == [ADMIN["email"]]
    assert auth.get("/api/admin/users?role=boss", by=admin)[0] == 400
    assert auth.get("/api/admin/users?cursor=x", by=admin)[1]["errors"][0]["field"] == "cursor"


def test_anyone_sees_the_names_of_sellers_and_of_no_other_account(auth: AuthClient) -> None:
    body = {"email": "m@example.com", "password": PASSWORD, "role": "seller", "name": "Mara's pots"}
    named = auth.post("/api/auth/register", body)[1]["userId"]
    nameless = auth.register("n@example.com", "seller")
    shopper = auth.register("u@example.com")
    status, names = auth.get(f"/api/auth/sellers?ids={named},{nameless},{shopper},{named},unknown")
    assert status == 200
    assert {one["sellerId"]: one["name"] for one in names} == {named: "Mara's pots", nameless: ""}
    assert all(set(one) == {"sellerId", "name"} for one in names)
    assert auth.get("/api/auth/sellers") == (200, [])
    assert auth.get(f"/api/auth/sellers?ids={'x' * 2001}")[0] == 400


def test_nothing_secret_is_kept_in_the_clear(auth: AuthClient, capfd: pytest.CaptureFixture[str]) -> None:
    auth.register("a@example.com")
    tokens = auth.log_in("a@example.com")[1]
    auth.log_in("a@example.com", "a wrong password")
    renewed = auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[1]
    auth.post("/api/auth/refresh", {"refreshToken": renewed["refreshToken"]})
    auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})
    assert auth.running.database is not None
    with auth.running.database.connect() as connection:
        rows = [connection.execute(table.select()).all() for table in TABLES.sorted_tables]
    kept = "\n".join(repr(row) for row in rows)
    output = capfd.readouterr()
    said = output.out + output.err
    assert "used twice" in said
    for secret in (PASSWORD, "a wrong password", tokens["refreshToken"], tokens["accessToken"], ADMIN["password"]):
        assert secret not in kept
        assert secret not in said
    assert "$argon2id$" in kept
    assert "argon2" not in said


def test_a_block_is_told_at_once_and_the_answer_says_what_it_did(auth: AuthClient) -> None:
    told: list[SellerBlockChange] = []

    def order_service(change: SellerBlockChange) -> BlockEffect:
        told.append(change)
        return BlockEffect(cancelled_orders=2, order_ids=["o1", "o2"])

    seller_id = auth.register("s@example.com", "seller")
    admin = auth.admin_token()
    auth.running.peers.answers["POST order /internal/blocked-sellers"] = order_service
    for _ in range(2):
        _, answer = auth.post(f"/api/admin/block-seller/{seller_id}", {"reason": "fraud"}, by=admin)
        assert (answer["cancelledOrders"], answer["cancelledOrderIds"]) == (2, ["o1", "o2"])
        assert answer["notReached"] == ["product"]
    first, again = told
    assert (first.seller_id, first.blocked) == (seller_id, True)
    assert first == again
    assert first.event_id == auth.running.sender.headers[-1]["ce_id"].decode()
    assert first.at == auth.running.sender.headers[-1]["ce_time"].decode()
    _, answer = auth.post(f"/api/admin/unblock-seller/{seller_id}", by=admin)
    assert told[-1].blocked is False
    assert told[-1].at > first.at


def test_of_two_changes_of_a_block_the_later_one_has_the_later_time(auth: AuthClient) -> None:
    seller_id, admin = auth.register("s@example.com", "seller"), auth.admin_token()
    try:
        clock.disturb([ClockSkew(service="auth", milliseconds=600_000)])
        assert auth.post(f"/api/admin/block-seller/{seller_id}", {"reason": "fraud"}, by=admin)[0] == 200
    finally:
        clock.disturb([])
    assert auth.post(f"/api/admin/unblock-seller/{seller_id}", by=admin)[0] == 200
    blocked, unblocked = (headers["ce_time"] for headers in auth.running.sender.headers[-2:])
    assert blocked < unblocked


def test_no_service_is_told_of_a_seller_who_was_never_blocked(auth: AuthClient) -> None:
    seller_id = auth.register("s@example.com", "seller")
    _, answer = auth.post(f"/api/admin/unblock-seller/{seller_id}", by=auth.admin_token())
    assert (answer["blocked"], answer["notReached"]) == (False, [])


def test_the_sharp_s_of_a_domain_is_no_double_s(auth: AuthClient) -> None:
    assert auth.register("jo@stra\u00dfe.example") != auth.register("jo@strasse.example")
