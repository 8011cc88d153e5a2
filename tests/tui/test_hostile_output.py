"""The tables of commands fit the terminal with what others write, and their JSON says all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from wcwidth import wcswidth, wcwidth

from marketplace_tui.commands import admin_views, dead_letter_views, seller_views, shop_views
from marketplace_tui.commands.output import Look, Table, View, json_of, table_lines
from marketplace_tui.operations.admin import Overview, Services
from marketplace_tui.operations.shop import LeftOut, Reordered
from marketplace_tui.text.shown import shown_lines
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.auth import SellerBlock
from services_stub.contracts.http.dead_letters import Content, DeadLetterRecord, DeadLetters, Header
from services_stub.contracts.http.notification import Inbox
from tests.tui.admin import data as admin
from tests.tui.data import PRODUCTS, search_page
from tests.tui.fake_marketplace import page_of
from tests.tui.hostile import EVERYTHING, TEXTS, has_indic_clusters, is_obeyed, rewritten, spread
from tests.tui.running import NOW
from tests.tui.seller.data import mara
from tests.tui.test_orders import order_id, shopping
from tests.tui.values import METHODS, message, order, product

WIDTH = 80


def _record() -> DeadLetterRecord:
    content = Content(text="{broken", encoding="utf-8")
    headers = [Header(name="ce_id", value=content), Header(name="ce_source", value=content)]
    return DeadLetterRecord(dead_letter=admin.DEAD_LETTERS[0], key=content, value=content, headers=headers)


def _views() -> Iterator[tuple[View[Any], Any]]:
    shop, seller = shopping(), mara()
    shop.cart.quantities |= {"p-1": 2}
    lines = [msgspec.structs.replace(line, changes=["name"], added_name="old") for line in shop.cart.cart().lines]
    cart = msgspec.structs.replace(shop.cart.cart(), lines=lines)
    placed = order(3, OrderStatus.PENDING, sellers=("s-mara", "s-holz"))
    yield shop_views.found, search_page(PRODUCTS)
    yield shop_views.product_page, product("p-1")
    yield shop_views.cart, cart
    yield shop_views.reordered, Reordered(cart=cart, left_out=[LeftOut(item=placed.items[0], reason="sold out")])
    yield shop_views.methods, METHODS
    yield shop_views.order_list, page_of(shop.orders)
    yield shop_views.order_page, placed
    yield shop_views.timeline, shop.timeline(order_id(3))
    yield shop_views.message_list, Inbox(items=[message(1, "receipt", "Paid")], unread=1)
    yield shop_views.message_page, message(1, "receipt", "Paid")
    yield shop_views.preference_page, shop.preferences
    yield seller_views.dashboard, seller.dashboard("day")
    yield seller_views.product_list, page_of([*seller.products.values()])
    yield seller_views.notice_list, seller._notices()
    yield admin_views.overview_page, Overview(summary=admin.SUMMARY, series=admin.series(60))
    yield admin_views.user_list, page_of(admin.USERS)
    yield admin_views.block_page, SellerBlock(**msgspec.structs.asdict(admin.USERS[2]), not_reached=["order"])
    yield admin_views.payment_list, page_of(admin.PAYMENTS)
    yield admin_views.service_list, Services(health=admin.HEALTH, processes=admin.STATUS)
    page = DeadLetters(items=admin.DEAD_LETTERS, next_cursor=None, matching=3, left_out=0)
    yield dead_letter_views.dead_letter_list, page
    yield dead_letter_views.dead_letter_page, _record()


VIEWS = [pytest.param(view, value, id=view.__name__) for view, value in _views()]


@pytest.mark.parametrize(("view", "value"), VIEWS)
@settings(max_examples=10)
@given(texts=TEXTS)
@example(texts=list(EVERYTHING))
def test_tables_fit_and_json_says_all(view: View[Any], value: Any, texts: list[str]) -> None:
    hostile = rewritten(value, spread(texts))
    for part in view(hostile, Look(now=NOW)):
        lines = table_lines(part, WIDTH) if isinstance(part, Table) else shown_lines(part)
        for line in lines:
            assert not is_obeyed(line), line
            if isinstance(part, Table):
                assert sum(map(wcwidth, line)) <= WIDTH, line
                assert has_indic_clusters(line) or wcswidth(line) <= WIDTH, line
        if isinstance(part, Table) and part.rows:
            assert len(lines) == 1 + len(part.rows)
    text = json_of(hostile)
    assert not is_obeyed(text.replace("\n", ""))
    assert json.loads(text) == json.loads(encode_json(hostile))
