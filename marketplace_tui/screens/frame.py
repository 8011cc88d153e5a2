"""The first and the last line of every screen: where I am, who I am, what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from marketplace_tui.actions.places import PLACES
from marketplace_tui.actions.registry import Entry
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.client_app import ClientApp
from marketplace_tui.text.keys import key_name
from marketplace_tui.text.lines import Line, Span, apart, cut_line, width_of
from marketplace_tui.text.shown import cut, shown
from marketplace_tui.text.signs import ELLIPSIS, MAIL, PATH, WARNING
from marketplace_tui.text.values import duration

AWAITED_SECONDS = 1.0
"""An answer that takes no longer is not waited for on the screen."""

ROLE_WORDS = {"guest": "guest", "user": "shopper", "seller": "seller", "admin": "admin", "reader": "recording"}

_LONGEST_NAME, _SHORTEST_NAME = 24, 3
"""Cells of a person's name in the title; where there are fewer for it, it is left out."""


def title_line(app: ClientApp, place: str, trail: str, awaited: str, width: int) -> Line:
    """Breadcrumb to the left; what is awaited, person, cart, unread messages, and a lost connection to the right.

    The places are never cut for the rest; a person's name gets what is left, and the trail what is left then.
    """
    names: list[str] = []
    here = PLACES.get(place)
    while here is not None:
        if not (trail and here.name == place and here.parent):
            names.insert(0, here.title)
        here = PLACES.get(here.parent)
    left: list[Span] = [Span("Marketplace", "strong", "")]
    for name in names:
        left += [Span(f" {PATH} ", "dim"), Span(name)]
    room = width - width_of(tuple(left)) - 1
    if trail:
        room -= 2  # for the sign that it is left out
        left += [Span(f" {PATH} ", "dim"), Span(shown(trail))]
    return apart(tuple(left), cut_line(_person(app, awaited, room), max(room, 0)), width)


def _person(app: ClientApp, awaited: str, room: int) -> Line:
    marketplace = app.marketplace
    connection = marketplace.connection
    parts: list[Span] = []
    if connection.offline_since is not None:
        since = duration(marketplace.clock() - connection.offline_since)
        parts.append(Span(f"{WARNING} offline since {since}, showing what was", "warning"))
    elif awaited:
        parts.append(Span(awaited, "dim"))
    parts += [Span(text, "warning") for text in app.warnings]
    user = connection.user
    after: list[Span] = []
    if connection.role in ("guest", "user"):
        pending = ELLIPSIS if marketplace.cart.is_pending else ""
        after.append(Span(f"cart {marketplace.cart.units}{pending}", "plain", "go.cart"))
    if marketplace.unread.value:
        after.append(Span(f"{MAIL} {marketplace.unread.value}", "plain", "go.inbox"))
    role = ROLE_WORDS[connection.role]
    name = shown(user.name or user.email.partition("@")[0]) if user else ""
    beside = width_of(_spaced([*parts, Span(f" ({role})"), *after]))
    left = min(room - beside, _LONGEST_NAME)
    name = cut(name, left) if left >= _SHORTEST_NAME else ""
    parts.append(Span(f"{name} ({role})" if name else role, "accent", "" if user else "app.sign_in"))
    return _spaced([*parts, *after])


def _spaced(parts: Sequence[Span]) -> Line:
    spaced: list[Span] = []
    for number, part in enumerate(parts):
        spaced += [Span("  ")] if number else []
        spaced.append(part)
    return tuple(spaced)


def awaited_words(resources: Iterable[Resource[Any]], now: float) -> str:
    """That something newer is awaited for more than a moment, and the age of what is shown meanwhile; else nothing."""
    ages = [
        now - one.age_from
        for one in resources
        if one.asked_at is not None and one.age_from is not None and now - one.asked_at >= AWAITED_SECONDS
    ]
    return f"loading{ELLIPSIS} {duration(max(ages))} old" if ages else ""


def keys_line(entries: Sequence[Entry], width: int) -> Line:
    """Keys and what they do, as many as fit."""
    line: list[Span] = [Span(" ")]
    for entry in entries:
        piece: list[Span] = [Span("   ")] if len(line) > 1 else []
        for number, action in enumerate(entry.actions):
            piece += [Span(" ")] if number else []
            piece.append(Span(key_name(action.keys[0]), "key", action.id))
        piece.append(Span(f" {entry.words.lower()}", "plain", entry.actions[0].id))
        if width_of((*line, *piece)) > width:
            break
        line += piece
    return tuple(line)
