"""The marketplace and the account of a command, and the session that is kept for the next one."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
import typer

from marketplace_tui import ending, opening
from marketplace_tui.actions.state import Role
from marketplace_tui.commands import sessions
from marketplace_tui.commands.connecting import (
    EMAIL,
    GUEST,
    PASSWORD,
    Account,
    Target,
    account_of,
    connected,
    target_of,
)
from services_stub.client import MarketplaceClient, SignInAgain
from services_stub.client.control import NotRunning
from services_stub.client.session import Session
from services_stub.contracts.control import DevelopmentUser, KafkaState, State
from tests.unit.client.marketplace import LOGIN, REFRESH, FakeMarketplace, cart, json, refusal, tokens, user

ME = "/auth-service/api/auth/me"
ADA = Account("ada@example.org", "a long password")
REMOTE = Target("http://shop", Path("/nowhere"))


MERGE = "/cart-service/api/cart/merge"


def state_of(directory: Path) -> State:
    users = [
        DevelopmentUser(role=role, email=f"{role}@x", password=f"{role}-pw") for role in ("user", "seller", "admin")
    ]
    return State(
        gateway="http://127.0.0.1:1",
        kafka=KafkaState(mode="embedded", bootstrap_servers=""),
        cart_store="",
        data_dir=str(directory),
        services=[],
        infrastructure=[],
        phase="running",
        started_at="",
        supervisor_pid=1,
        launcher_pid=1,
        seed=1,
        control_url="http://127.0.0.1:2",
        control_token="t",
        internal_token="i",
        users=users,
    )


LOCAL = Target("http://127.0.0.1:1", Path("/nowhere"), state_of(Path("/nowhere")))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(EMAIL, raising=False)
    monkeypatch.delenv(PASSWORD, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> FakeMarketplace:
    shop = FakeMarketplace()
    shop.sign_in()
    shop.on("GET", ME, json(user()))
    shop.on("GET", "/cart-service/api/cart/public", json(cart()))
    shop.on("POST", MERGE, json(cart()))

    def client(_url: str, session: Session) -> MarketplaceClient:
        return shop.client(session=session)

    monkeypatch.setattr("services_stub.client.marketplace.MarketplaceClient", client)
    return shop


def run(target: Target, account: Account, *, read_cart: bool = False) -> None:
    async def use() -> None:
        async with connected(target, account) as client:
            if read_cart:
                await client.cart.read()

    asyncio.run(use())


@pytest.mark.parametrize(
    ("target", "chosen", "usual", "expected"),
    [
        (LOCAL, None, "user", "user@x"),
        (LOCAL, None, "admin", "admin@x"),
        (LOCAL, "seller", "user", "seller@x"),
        (LOCAL, "guest", "user", ""),
        (REMOTE, None, "user", ""),
        (REMOTE, "guest", "user", ""),
    ],
)
def test_a_command_acts_for_the_chosen_account_or_the_usual_one(
    target: Target, chosen: Role | None, usual: Role, expected: str
) -> None:
    assert account_of(target, chosen, usual).email == expected


def test_the_environment_names_an_account_unless_one_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EMAIL, ADA.email)
    monkeypatch.setenv(PASSWORD, ADA.password)
    assert account_of(REMOTE, None, "admin") == account_of(LOCAL, None, "user") == ADA
    assert account_of(LOCAL, "guest", "user") == GUEST


@pytest.mark.parametrize(("chosen", "usual"), [("user", "user"), ("admin", "user"), (None, "seller"), (None, "admin")])
def test_development_accounts_are_not_known_elsewhere(chosen: Role | None, usual: Role) -> None:
    with pytest.raises(typer.BadParameter, match=PASSWORD):
        account_of(REMOTE, chosen, usual)


def test_an_address_without_its_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EMAIL, ADA.email)
    with pytest.raises(typer.BadParameter, match=f"{PASSWORD} is not"):
        account_of(REMOTE, None, "user")


@pytest.mark.parametrize("address", ["shop", "ftp://shop", "http://", "http://shop:0", "http://[", "http://sh op"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(typer.BadParameter, match="an address like"):
        target_of(None, address)


@pytest.mark.parametrize("address", ["http://ada:secret@shop", "http://ada@shop"])
def test_an_address_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(typer.BadParameter, match=PASSWORD) as caught:
        target_of(None, address)
    assert "secret" not in str(caught.value)


def test_a_marketplace_is_named_once() -> None:
    with pytest.raises(typer.BadParameter, match="not by both"):
        target_of(Path("data"), "http://shop")


def test_only_a_marketplace_of_this_machine_is_controlled(tmp_path: Path) -> None:
    target = target_of(None, "http://shop:8080/")
    assert target.gateway == "http://shop:8080"
    assert target.session_file.is_relative_to(tmp_path)
    with pytest.raises(typer.BadParameter, match="--data-dir"):
        target.control()
    with pytest.raises(NotRunning, match="marketplace up"):
        target_of(tmp_path / "none", "")


def test_an_account_signs_in_once_for_many_commands(shop: FakeMarketplace, tmp_path: Path) -> None:
    target = Target("http://shop", tmp_path / "new" / "session.json")
    for _ in range(3):
        run(target, ADA)
    assert shop.asked() == [f"POST {LOGIN}", f"GET {ME}", f"GET {ME}"]
    assert stat.S_IMODE(target.session_file.stat().st_mode) == 0o600


def test_a_session_that_is_over_begins_anew(shop: FakeMarketplace, tmp_path: Path) -> None:
    target = Target("http://shop", tmp_path / "session.json")
    run(target, ADA)
    shop.on("GET", ME, refusal(401, "unauthenticated"))
    shop.on("POST", REFRESH, refusal(401, "unauthenticated"))
    shop.sign_in(access_token="token-2")
    run(target, ADA)
    assert sessions.load(target.session_file, ADA.email).access_token == "token-2"


def test_a_wrong_password_is_said_and_nothing_is_kept(shop: FakeMarketplace, tmp_path: Path) -> None:
    target = Target("http://shop", tmp_path / "session.json")
    shop.on("POST", LOGIN, refusal(401, "wrong-credentials"))
    with pytest.raises(SignInAgain):
        run(target, ADA)
    assert not target.session_file.exists()


def test_the_cart_of_a_guest_lives_on_and_goes_to_the_shopper_who_signs_in(
    shop: FakeMarketplace, tmp_path: Path
) -> None:
    target = Target("http://shop", tmp_path / "session.json")
    run(target, GUEST, read_cart=True)
    run(target, GUEST, read_cart=True)
    first, second = (request.headers["x-session-id"] for request in shop.requests)
    assert first == second
    run(target, ADA, read_cart=True)
    merge = next(request for request in shop.requests if request.url.path == MERGE)
    assert "authorization" in merge.headers
    assert merge.headers["x-session-id"] == first
    assert sessions.load(target.session_file, "").guest_id == ""


def test_accounts_do_not_take_each_others_session(tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    sessions.keep(file, "ada", Session(tokens=tokens("a")))
    sessions.keep(file, "bob", Session(tokens=tokens("b")))
    sessions.keep(file, "ada", Session())
    assert sessions.load(file, "ada").tokens is None
    assert sessions.load(file, "bob").access_token == "b"
    assert sessions.load(file, "").tokens is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tokens": 1}', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_as_good_as_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    file.write_bytes(content)
    assert sessions.load(file, "ada") == Session()


def test_each_client_of_an_account_has_a_session_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A token can be renewed once: with those of another client that runs, one of the two would be signed out."""
    target, begun_with = Target("http://shop", tmp_path / "session.json"), []
    sessions.keep(target.session_file, ADA.email, Session(tokens=tokens()))

    async def sign_in(_target: Target, _account: Account, session: Session) -> None:
        begun_with.append(session.tokens)

    monkeypatch.setattr(opening, "has_terminal", lambda: True)
    monkeypatch.setattr(ending, "raise_on_signals", lambda: None)
    monkeypatch.setattr(opening, "target_or_started", lambda _directory, _gateway: target)
    monkeypatch.setattr(opening, "account_of", lambda _target, _chosen, _usual: ADA)
    monkeypatch.setattr(opening, "_sign_in", sign_in)
    monkeypatch.setattr(opening, "_run", lambda *_arguments: None)
    opening.open_client(None, "", "user")
    assert begun_with == [None]
