"""The declarations of the actions agree with each other: keys, places, words."""

from __future__ import annotations

import pytest

from marketplace_tui.actions.action import EVERYWHERE, LISTS, Action, conflicts
from marketplace_tui.actions.places import PLACES, SECTIONS, places_of
from marketplace_tui.actions.registry import ACTIONS, BY_ID, MOST_IN_FOOTER, SWALLOWED, Keymap
from marketplace_tui.actions.state import ROLES, Fact, Role, ScreenState

EVERY_FACT = frozenset(Fact)
SCREENS = [(place, role) for role in ROLES for place in places_of(role)]


def action(keys: str, places: str, role: Role = "user", needs: tuple[Fact, ...] = ()) -> Action:
    return Action(f"{keys}{places}{role}", "Words", "Help.", tuple(keys), (places,), roles=(role,), needs=needs)


def test_no_key_means_two_things() -> None:
    assert [(key, first.id, second.id) for key, first, second in conflicts(ACTIONS)] == []


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        (action("ab", "cart"), action("bc", "cart"), "b"),
        (action("a", EVERYWHERE), action("a", "cart"), "a"),
        (action("a", LISTS), action("a", "cart"), "a"),
        (action("a", "cart", needs=(Fact.SELECTED,)), action("a", "cart", needs=(Fact.BLOCKED,)), "a"),
    ],
)
def test_a_key_with_two_meanings_is_found(first: Action, second: Action, key: str) -> None:
    assert conflicts((first, second)) == [(key, first, second)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (action("a", "cart"), action("b", "cart")),
        (action("a", "cart"), action("a", "orders")),
        (action("a", "cart"), action("a", "cart", "guest")),
        (action("a", "cart", needs=(Fact.NOT_BLOCKED,)), action("a", "cart", needs=(Fact.BLOCKED,))),
    ],
)
def test_a_key_is_shared_by_actions_that_never_meet(first: Action, second: Action) -> None:
    assert conflicts((first, second)) == []


def test_every_id_is_used_once() -> None:
    assert len(BY_ID) == len(ACTIONS)


def test_no_key_is_one_that_terminals_swallow() -> None:
    assert [(one.id, one.keys) for one in ACTIONS if SWALLOWED & set(one.keys) or not one.keys] == []


def test_every_place_of_an_action_exists() -> None:
    named = {place for one in ACTIONS for place in one.places} - {EVERYWHERE, LISTS}
    assert named <= set(PLACES)


def test_every_action_applies_somewhere() -> None:
    applying = {one.id for place, role in SCREENS for one in Keymap().on(ScreenState(place, role, EVERY_FACT))}
    assert applying == set(BY_ID)


def test_sections_are_places_and_fit_the_digits() -> None:
    assert all(set(sections) <= set(PLACES) and len(sections) <= 10 for sections in SECTIONS.values())


@pytest.mark.parametrize(("place", "role"), SCREENS)
def test_the_line_of_keys_is_short_and_has_help(place: str, role: Role) -> None:
    shown = Keymap().footer(ScreenState(place, role, EVERY_FACT))
    assert len(shown) <= MOST_IN_FOOTER
    assert shown[-1].actions[0].id == "app.help"


@pytest.mark.parametrize(("place", "role"), SCREENS)
def test_what_cannot_be_done_is_not_in_the_line_of_keys(place: str, role: Role) -> None:
    shown = (one for entry in Keymap().footer(ScreenState(place, role)) for one in entry.actions)
    assert [one.id for one in shown if one.needs] == []


def test_a_missing_fact_is_named() -> None:
    add = BY_ID["cart.add"]
    assert add.lacks(ScreenState("storefront", "user", frozenset({Fact.SELECTED}))) is Fact.FOR_SALE
    assert add.lacks(ScreenState("storefront", "user", frozenset({Fact.SELECTED, Fact.FOR_SALE}))) is None


def test_a_chosen_key_takes_the_place_of_the_declared_ones() -> None:
    chosen = Keymap({"cart.add": ("z",)})
    (add,) = (one for one in chosen.actions if one.id == "cart.add")
    assert add.keys == ("z",)


def test_words_are_words() -> None:
    assert [one.id for one in ACTIONS if not one.help.endswith(".") or not one.words[0].isupper()] == []


@pytest.mark.parametrize(("fact", "meant"), [(Fact.BLOCKED, "seller.unblock"), (Fact.NOT_BLOCKED, "seller.block")])
def test_of_two_actions_on_one_key_that_which_is_possible_is_meant(fact: Fact, meant: str) -> None:
    state = ScreenState("users", "admin", frozenset({Fact.SELECTED, fact}))
    shared = [one for one in Keymap().on(state) if one.keys == BY_ID[meant].keys]
    assert [one.id for one in shared if not one.gives_way(state)] == [meant]
