"""The account as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.actions.state import Role
from marketplace_tui.model.account import CHANNELS, KINDS, AccountModel
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Span, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import DONE, ELLIPSIS, FAILED, SEPARATOR, WARNING
from marketplace_tui.text.states import hint
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import moment
from services_stub.contracts.http.auth import User

COLUMNS = (Column("Messages", 34), Column("", 16), Column("", 20, grows=True))

PHONE = "phone"
_KIND_WORDS = {"delivery": "Delivery of your orders", "sales": "Your sales", "stock": "Low stock"}
_CHANNEL_WORDS = {"email": "by e-mail", "sms": "by SMS"}
_ALWAYS = {"account": "your account", "orders": "your orders"}


def person(user: User | None, role_words: str) -> Sequence[Line]:
    """The account that is signed in, or that there is none."""
    if user is None:
        return [
            (Span("You are a guest.", "strong"),),
            hint("L", "signs in, or makes an account. Your cart comes along.", "app.sign_in"),
            (),
        ]
    since = moment(user.created_at).astimezone()
    return [
        spans(user.name or user.email, "strong"),
        (Span(f"{shown(user.email)} {SEPARATOR} {role_words} {SEPARATOR} since {since.day} {since:%B %Y}", "dim"),),
        hint("L", "signs out.", "app.sign_out"),
        (),
    ]


def rows(model: AccountModel, role: Role) -> list[tuple[str, tuple[Line, ...]]]:
    """The preferences by key: each kind of message by each channel, and the telephone number."""
    draft = model.shown
    if draft is None or not KINDS[role]:
        return []
    found: list[tuple[str, tuple[Line, ...]]] = []
    for kind in KINDS[role]:
        for channel in CHANNELS:
            on = channel in draft.channels[kind]
            state = Span(f"{DONE} on", "good") if on else Span("off", "dim")
            words = (Span(f"{_KIND_WORDS[kind]} {_CHANNEL_WORDS[channel]}"),)
            found.append((f"{kind}.{channel}", (words, (state,), spans(model.errors.get(kind, ""), "bad"))))
    phone = spans(draft.phone) if draft.phone else (Span("none", "dim"),)
    found.append((PHONE, ((Span("Telephone number for SMS"),), phone, spans(model.errors.get(PHONE, ""), "bad"))))
    return found


def below(model: AccountModel, width: int) -> Sequence[Line]:
    """Whether something is to be saved, was refused, or cannot be delivered."""
    lines: list[Line] = []
    if model.saving:
        lines.append((Span(f"Saving{ELLIPSIS}", "dim"),))
    elif model.error is not None:
        lines += [(Span(line, "bad"),) for line in wrapped(f"{FAILED} Not saved: {model.error}", width, MOST_OF_ERROR)]
    elif model.is_changed:
        lines.append((Span(f"{WARNING} Not saved yet: ", "warning"), *hint("ctrl+s", "saves.", "account.save")))
    kept = model.preferences.value
    if kept is not None:
        if kept.bouncing:
            bounces = f"{WARNING} Mail to you comes back. Saving confirms that {shown(kept.email)} works."
            lines += [(Span(line, "warning"),) for line in wrapped(bounces, width, MOST_OF_ERROR)]
        always = " and ".join(_ALWAYS.get(kind, kind) for kind in kept.always_by_email)
        told = f"Messages about {always} always come by e-mail. Your inbox has all messages."
        lines += [(Span(line, "dim"),) for line in wrapped(told, width, MOST_OF_ERROR)]
    return lines
