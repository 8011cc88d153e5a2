"""Signing in, becoming a shopper or a seller, setting a forgotten password, and the development accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from marketplace_tui.screens.asking import start, submit
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose, Form, FormField
from marketplace_tui.screens.frame import ROLE_WORDS
from services_stub.contracts.http.auth import User

_KEPT = "What you put into your cart stays in it."
_EMAIL = FormField("email", "E-mail")
_PASSWORD = FormField("password", "Password", secret=True)
_MAILED = "If there is such an account, a token is on its way to it by mail. It works once, for 30 minutes."


def ask_to_sign_in(screen: ClientScreen, then: Callable[[], None]) -> None:
    """Offer to sign in or to register; `then` is called once an account is signed in."""
    state = screen.client_app.marketplace.state
    users = state.users if state is not None else []
    choices = [
        Choice("sign-in", "Sign in", "with e-mail and password"),
        Choice("user", "Become a shopper", "to buy"),
        Choice("seller", "Become a seller", "to sell"),
        Choice("forgotten", "Forgot the password", "set a new one by mail"),
        *(Choice(f"as-{user.role}", f"As {user.email}", f"{ROLE_WORDS[user.role]} for development") for user in users),
    ]

    def chosen(key: str | None) -> None:
        if key is None:
            return
        if key == "sign-in":
            screen.app.push_screen(_sign_in_form(screen, then))
        elif key == "forgotten":
            screen.app.push_screen(_forgotten_form(screen))
        elif key in ("user", "seller"):
            screen.app.push_screen(_registration_form(screen, key, then))
        else:
            user = next(user for user in users if f"as-{user.role}" == key)
            sign_in = screen.client_app.marketplace.connection.sign_in
            start(screen, sign_in(user.email, user.password), lambda user: _greet(screen, user, then))

    screen.app.push_screen(Choose("Sign in", choices), chosen)


def _sign_in_form(screen: ClientScreen, then: Callable[[], None]) -> Form:
    def send(form: Form, values: Mapping[str, str]) -> None:
        connection = screen.client_app.marketplace.connection
        _submit(screen, form, connection.sign_in(values["email"].strip(), values["password"]), then)

    return Form("Sign in", [_EMAIL, _PASSWORD], send, explanation=_KEPT)


def _forgotten_form(screen: ClientScreen) -> Form:
    def send(form: Form, values: Mapping[str, str]) -> None:
        call = screen.client_app.marketplace.client.auth.forgot_password(values["email"].strip())
        submit(screen, form, call, ask_for_token)

    def ask_for_token(_asked: None) -> None:
        screen.app.push_screen(_new_password_form(screen))

    return Form("Forgot the password", [_EMAIL], send)


def _new_password_form(screen: ClientScreen) -> Form:
    def send(form: Form, values: Mapping[str, str]) -> None:
        call = screen.client_app.marketplace.client.auth.reset_password(values["token"].strip(), values["newPassword"])
        submit(screen, form, call, lambda _: screen.say("The password is set. Sign in with it."))

    token = FormField("token", "Token", secret=True)
    password = FormField("newPassword", "Password", hint="at least 8 characters", secret=True)
    return Form("Set a new password", [token, password], send, explanation=_MAILED)


def _registration_form(screen: ClientScreen, role: str, then: Callable[[], None]) -> Form:
    def send(form: Form, values: Mapping[str, str]) -> None:
        connection = screen.client_app.marketplace.connection
        call = connection.register(
            values["email"].strip(),
            values["password"],
            role="seller" if role == "seller" else "user",
            name=values["name"].strip(),
        )
        _submit(screen, form, call, then)

    name = FormField("name", "Name", hint="as shoppers see it" if role == "seller" else "")
    password = FormField("password", "Password", hint="at least 8 characters", secret=True)
    return Form(
        f"Become a {ROLE_WORDS[role]}", [name, _EMAIL, password], send, explanation=_KEPT if role == "user" else ""
    )


def _submit(screen: ClientScreen, form: Form, call: Awaitable[User], then: Callable[[], None]) -> None:
    submit(screen, form, call, lambda user: _greet(screen, user, then))


def _greet(screen: ClientScreen, user: User, then: Callable[[], None]) -> None:
    screen.say(f"Signed in as {user.name or user.email}")
    then()
