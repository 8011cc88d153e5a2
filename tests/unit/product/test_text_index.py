"""The index of texts: it finds what looking at every text finds, follows every change, and spares looking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from services_stub.product.store.tables import TABLES
from services_stub.product.store.tables import products as table
from services_stub.product.store.text_index import containing
from tests.fakes import FakeTransaction, transaction
from tests.unit.product.conftest import Stock
from tests.unit.product.test_catalogue import add

TEXTS = st.text(st.sampled_from("aab\u00e9 %_\"'*\U0001f600"), max_size=12)
WORDS = st.text(st.sampled_from("aab\u00e9%_\"'*\U0001f600"), min_size=1, max_size=6)


def found(tx: FakeTransaction, *words: str) -> list[Any]:
    statement = select(table.c.search_text).where(containing(tx.connection, words)).order_by(table.c.search_text)
    return list(tx.connection.scalars(statement))


@given(texts=st.lists(TEXTS, max_size=6), words=st.lists(WORDS, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_it_finds_what_looking_at_every_text_finds(texts: list[str], words: list[str]) -> None:
    with transaction(TABLES) as tx:
        for number, each in enumerate(texts):
            product_id = add(tx, f"Thing {number}")
            tx.connection.execute(update(table).where(table.c.product_id == product_id).values(search_text=each))
        assert sorted(found(tx, *words)) == sorted(each for each in texts if all(word in each for word in words))


def test_a_product_is_found_by_its_newest_text_alone_and_not_once_it_is_gone(stock: Stock) -> None:
    tx = stock.tx
    product_id = add(tx, "Blue kettle")
    assert len(found(tx, "kettle")) == 1
    tx.connection.execute(update(table).where(table.c.product_id == product_id).values(search_text="red teapot"))
    assert (found(tx, "kettle"), found(tx, "teapot", "red")) == ([], ["red teapot"])
    tx.connection.execute(delete(table).where(table.c.product_id == product_id))
    assert found(tx, "teapot") == []


def test_the_words_are_looked_for_in_few_texts(stock: Stock) -> None:
    if stock.tx.connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's planner decides by the size of the table")
    statement = select(table).where(containing(stock.tx.connection, ["a" * 200 + "b"]))
    plan = stock.tx.connection.execute(text(f"EXPLAIN QUERY PLAN {statement.compile(**_literal(stock))}")).all()
    steps = [str(row[3]) for row in plan]
    assert any("product_trigrams VIRTUAL TABLE INDEX" in step for step in steps)
    assert any("SEARCH products" in step for step in steps)
    assert not any("SCAN products" in step for step in steps)


def _literal(stock: Stock) -> dict[str, Any]:
    return {"dialect": stock.tx.connection.dialect, "compile_kwargs": {"literal_binds": True}}
