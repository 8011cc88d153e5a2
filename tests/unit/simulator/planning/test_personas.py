"""Personas: sound tables, and visits in which nothing is done before it can be."""

from __future__ import annotations

from statistics import mean

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.personas import PERSONAS, Action, Visit, actions, states
from simulator.personas.personas import Role
from simulator.personas.states import State
from simulator.population import Catalogue
from simulator.random_stream import RandomStream, Weighted
from simulator.scenario import Cart, Mix, Scenario

SCENARIO = Scenario()
CATALOGUE = Catalogue(SCENARIO, 7)


def visit_of(name: str, seed: int, limits: Cart | None = None) -> list[Action]:
    cards = Weighted({"pm_card_visa": 1})
    stream = RandomStream(seed, "session")
    visit = Visit(CATALOGUE, limits or Cart(), cards, stream, name=f"{seed}-0", person=3, favourite=5)
    return list(PERSONAS[name].actions(visit))


def test_the_mix_names_every_persona() -> None:
    assert set(PERSONAS) == {field.name for field in msgspec.structs.fields(Mix)}


@pytest.mark.parametrize("name", PERSONAS)
def test_a_table_adds_up_and_every_state_leads_to_the_end(name: str) -> None:
    table = PERSONAS[name].table
    assert all(sum(following.values()) == 100 for following in table.values())
    assert {state for following in table.values() for state in following} <= {*table, states.leave}
    ending: set[State] = {states.leave}
    for _ in table:
        ending |= {state for state, following in table.items() if ending & set(following)}
    assert ending == {*table, states.leave}


@given(st.sampled_from(sorted(PERSONAS)), st.integers(0, 2**32))
@example("hesitant", 3256665)
def test_nothing_is_done_before_it_can_be(name: str, seed: int) -> None:
    in_cart: set[int] = set()
    placed, blocked = 0, set[int]()
    keys: list[str] = []
    for action in visit_of(name, seed):
        match action:
            case actions.AddToCart(product=product, quantity=quantity):
                assert 1 <= quantity <= Cart().units
                in_cart.add(product)
            case actions.ChangeQuantity(product=product):
                assert product in in_cart
            case actions.RemoveFromCart(product=product):
                in_cart.remove(product)
            case actions.PlaceOrder(idempotency_key=key) if keys[-1:] == [key]:
                assert name == "repeating"
            case actions.PlaceOrder(idempotency_key=key):
                assert in_cart
                in_cart, placed = set(), placed + 1
                keys.append(key)
            case actions.ReadOrder() | actions.CancelOrder():
                assert placed
            case actions.ChangePrice(product=product) | actions.ReplaceProduct(product=product):
                assert CATALOGUE.products[product].seller == 3
            case actions.TakeInStock(product=product, idempotency_key=key):
                assert CATALOGUE.products[product].seller == 3
                keys.append(key)
            case actions.BlockSeller(seller=seller):
                blocked.add(seller)
            case actions.UnblockSeller(seller=seller):
                blocked.remove(seller)
    assert not blocked
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", PERSONAS)
def test_a_visit_ends(name: str) -> None:
    lengths = [len(visit_of(name, seed)) for seed in range(200)]
    assert min(lengths) >= 1
    assert mean(lengths) < 15


def test_a_checkout_takes_different_products_up_to_the_limit() -> None:
    taken = []
    for seed in range(300):
        added = [
            each
            for each in visit_of("checkout", seed, Cart(products=10, units=10))
            if type(each).__name__ == "AddToCart"
        ]
        products = [each.product for each in added if isinstance(each, actions.AddToCart)]
        assert len(products) == len(set(products))
        taken.append(len(products))
    assert (min(taken), max(taken)) == (1, 10)


def test_only_some_hesitant_shoppers_order_and_some_cancel() -> None:
    visits = [{type(action) for action in visit_of("hesitant", seed)} for seed in range(300)]
    ordered = sum(actions.PlaceOrder in visit for visit in visits)
    assert 0 < sum(actions.CancelOrder in visit for visit in visits) < ordered < 150


def test_a_bargain_hunter_orders_at_the_seen_price_and_searches_up_to_a_price() -> None:
    done = [action for seed in range(100) for action in visit_of("bargain_hunter", seed)]
    assert all(action.at_seen_price for action in done if isinstance(action, actions.PlaceOrder))
    assert all(action.max_price for action in done if isinstance(action, actions.Search))
    assert {actions.PlaceOrder, actions.Search} <= {type(action) for action in done}


def test_sessions_have_the_identity_that_their_actions_need() -> None:
    shopper = {PERSONAS[name].role for name in ("buyer", "hesitant", "bargain_hunter", "returning", "checkout")}
    assert shopper == {Role.SHOPPER}
    assert (PERSONAS["browser"].role, PERSONAS["delivery"].role) == (Role.GUEST, Role.SELLER)
