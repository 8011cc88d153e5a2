"""Doing something for a screen: the answer or the error becomes a notice, an error never a traceback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from services_stub.client.errors import MarketplaceError, RequestRefused

if TYPE_CHECKING:
    from marketplace_tui.screens.base import ClientScreen

Answer = TypeVar("Answer")


class Asked(Protocol):
    """A dialog that waits for an answer, as long as it is attached."""

    @property
    def is_attached(self) -> bool:
        """Whether it was not given up meanwhile."""

    def done(self) -> None:
        """It was accepted."""

    def refused(self, problem: str, errors: Mapping[str, str]) -> None:
        """It was refused."""


def start(screen: ClientScreen, call: Awaitable[Answer], then: Callable[[Answer], None]) -> None:
    """Make a call of the marketplace's client in the background."""
    perform(screen, screen.client_app.marketplace.connection.ask(call), then)


def submit(screen: ClientScreen, form: Asked, call: Awaitable[Answer], then: Callable[[Answer], None]) -> None:
    """Make the call of a form in the background."""
    perform_form(screen, form, screen.client_app.marketplace.connection.ask(call), then)


def perform(screen: ClientScreen, work: Awaitable[Answer], then: Callable[[Answer], None]) -> None:
    """Do something in the background; its answer goes to `then`, its error is said on the screen."""

    async def performed() -> None:
        try:
            answer = await work
        except MarketplaceError as error:
            screen.say(str(error), "bad")
        else:
            then(answer)

    screen.client_app.marketplace.tasks.start(performed())


def perform_form(screen: ClientScreen, form: Asked, work: Awaitable[Answer], then: Callable[[Answer], None]) -> None:
    """Do in the background what a form asks for: it ends with the answer, and shows what was refused."""

    async def performed() -> None:
        try:
            answer = await work
        except MarketplaceError as error:
            if form.is_attached:
                form.refused(str(error), errors_of(error))
            else:
                screen.say(str(error), "bad")
        else:
            form.done()
            then(answer)

    screen.client_app.marketplace.tasks.start(performed())


def errors_of(error: MarketplaceError) -> Mapping[str, str]:
    """The messages of a refusal by field."""
    if not isinstance(error, RequestRefused):
        return {}
    return {one.field: one.message for one in error.problem.errors}
