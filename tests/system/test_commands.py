"""The commands against a marketplace: a purchase, its delivery and a block, typed as people type them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketplace_tui import cli, failures
from services_stub.runtime.identifiers import new_id
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.test_dead_letters import GROUP, TOPIC, send_poison
from tests.waiting import wait_for

Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(
    marketplace: Marketplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Typed:
    """Run a command line on the shared marketplace, with no session of other tests; its exit code and its output."""
    monkeypatch.setattr("marketplace_tui.commands.connecting.SESSION_FILE", str(tmp_path / "session.json"))
    for name in ("MARKETPLACE_EMAIL", "MARKETPLACE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str]:
        code = cli.run([*arguments, "--data-dir", str(marketplace.directory)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out or said.err

    return run


def answer(typed: Typed, *arguments: str) -> Any:
    code, said = typed(*arguments, "--json")
    assert code == 0, said
    return json.loads(said)


def test_a_purchase_its_delivery_and_a_block_are_typed(typed: Typed, tmp_path: Path) -> None:
    name = f"Bowl [bold]{new_id()[-12:]}[/]"
    product = answer(typed, "seller", "create", name, "--category", "Test", "--price", "18.50", "--stock", "10")
    end = product["productId"][-12:]
    preview = answer(typed, "seller", "prices", f"{end}=+10%", "--dry-run")
    assert [(line["oldPrice"], line["price"]) for line in preview["lines"]] == [(18.5, 20.35)]
    assert answer(typed, "seller", "prices", f"{end}=-0.50")["lines"][0]["price"] == 18.0
    (tmp_path / "goods").write_text(f"# this morning\n{end}=5\n")
    assert answer(typed, "seller", "intake", "--file", str(tmp_path / "goods"))["lines"][0]["quantity"] == 15

    answer(typed, "shop", "cart", "add", end, "2", "--as", "guest")
    order = answer(typed, "shop", "buy", "--wait")  # signing in, the shopper takes over the guest's cart
    assert (order["status"], order["amount"], order["items"][0]["name"]) == ("PAID", 36.0, name)
    code, said = typed("shop", "order", order["orderId"][-12:])
    assert (code, name in said, "order PAID" in said) == (0, True, True)

    assert answer(typed, "seller", "ship", order["orderId"][-12:])["status"] == "SHIPPED"
    assert answer(typed, "admin", "deliver", order["orderId"])["status"] == "DELIVERED"
    assert typed("shop", "cancel", order["orderId"])[0] == failures.FAILED

    blocked = answer(typed, "admin", "block-product", end, "--reason", "A test")
    assert blocked["status"] == "BLOCKED"
    wait_for(lambda: typed("shop", "cart", "add", product["productId"])[0] == failures.NOT_FOUND, what="the block")
    assert answer(typed, "admin", "unblock-product", end)["status"] == "ACTIVE"


def test_a_declined_card_and_what_is_not_there_have_exit_codes(typed: Typed) -> None:
    product_id = answer(typed, "shop", "search", "--in-stock", "--limit", "1")["items"][0]["productId"]
    answer(typed, "shop", "cart", "clear")
    answer(typed, "shop", "cart", "add", product_id)
    assert typed("shop", "buy", "--expect", "0.01")[0] == failures.FAILED  # the lines are still there
    declined, said = typed("shop", "buy", "--card", "pm_card_chargeDeclined", "--wait")
    assert (declined, "FAILED (card_declined)" in said) == (failures.FAILED, True)
    wait_for(lambda: answer(typed, "shop", "cart", "show")["lines"], what="the lines back in the cart")
    answer(typed, "shop", "cart", "clear")
    assert typed("shop", "buy")[0] == failures.FAILED
    assert typed("shop", "order", "no-such-order")[0] == failures.NOT_FOUND
    assert typed("shop", "orders", "--as", "guest")[0] == failures.NOT_ALLOWED
    assert typed("admin", "users", "--as", "seller")[0] == failures.NOT_ALLOWED
    assert typed("admin", "kill", "no-such-service")[0] == failures.NOT_FOUND


def test_the_order_of_a_repeated_purchase_is_the_same(typed: Typed) -> None:
    product_id = answer(typed, "shop", "search", "--in-stock", "--limit", "1")["items"][0]["productId"]
    answer(typed, "shop", "cart", "clear")
    amount = str(answer(typed, "shop", "cart", "add", product_id)["amount"])
    repeated = ["shop", "buy", "--expect", amount, "--idempotency-key", new_id()]
    first, second = answer(typed, *repeated), answer(typed, *repeated)
    assert first["orderId"] == second["orderId"]


def test_an_account_is_made_and_acts_from_the_environment(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    email = f"{new_id()[-12:]}@example.com"
    monkeypatch.setenv("MARKETPLACE_EMAIL", email)
    monkeypatch.setenv("MARKETPLACE_PASSWORD", PASSWORD)
    assert typed("seller", "products")[0] == failures.NOT_ALLOWED
    assert answer(typed, "shop", "register", "--role", "seller", "--name", "Mara")["email"] == email
    assert answer(typed, "seller", "products")["items"] == []
    assert typed("shop", "register")[0] == failures.FAILED


def test_every_area_shows_itself_to_people(typed: Typed) -> None:
    for command in ("shop inbox", "shop cards", "shop preferences", "seller sales", "seller products", "seller orders"):
        assert typed(*command.split())[0] == 0
    for command in ("overview", "users", "products", "orders", "payments", "services", "faults"):
        assert typed("admin", *command.split())[0] == 0
    assert "order" in typed("admin", "services")[1]


def test_dead_letters_are_shown_sent_again_and_discarded(typed: Typed, marketplace: Marketplace) -> None:
    key = send_poison(marketplace, 3)
    chosen = ["--topic", TOPIC, "--group", GROUP]

    def open_ones() -> list[str]:
        listed = answer(typed, "dead-letters", "list", *chosen, "--limit", "100")["items"]
        return [found["deadLetterId"] for found in listed if found["key"] == key]

    wait_for(lambda: len(open_ones()) == 3, what="the dead letters")
    one, *_ = open_ones()
    assert "truncated" in typed("dead-letters", "list", *chosen)[1]
    code, said = typed("dead-letters", "show", one)
    assert (code, '{"poison": true' in said) == (0, True)
    sent = answer(typed, "dead-letters", "send-again", one, "--reason", "mended")
    assert [(result["deadLetterId"], result["problem"]) for result in sent["results"]] == [(one, None)]
    code, said = typed("dead-letters", "send-again", one)
    assert (code, "already-sent-again" in said) == (failures.FAILED, True)
    wait_for(lambda: len(open_ones()) == 3, what="the dead letter of the record that was sent again")
    assert typed("dead-letters", "discard", "--all", *chosen, "--reason", "a test")[0] == 0
    assert open_ones() == []
    assert "mended" in typed("dead-letters", "list", "--state", "all", *chosen, "--limit", "100")[1]
    assert typed("dead-letters", "show", "nothing")[0] == failures.NOT_FOUND
    assert typed("dead-letters", "list", "--as", "seller")[0] == failures.NOT_ALLOWED


def test_a_fault_is_put_into_force_and_cleared(typed: Typed) -> None:
    assert answer(typed, "admin", "fault", "delayed-payments", "--milliseconds", "1")["id"] == "delayed-payments"
    assert [fault["id"] for fault in answer(typed, "admin", "faults")["items"]] == ["delayed-payments"]
    assert typed("admin", "clear-fault", "slow-requests")[0] == failures.NOT_FOUND
    assert [fault["id"] for fault in answer(typed, "admin", "clear-fault", "--all")["items"]] == ["delayed-payments"]
    assert answer(typed, "admin", "faults")["items"] == []


def test_the_doctor_finds_the_marketplace_well(typed: Typed) -> None:
    _, said = typed("doctor")
    assert "all services ready" in said
