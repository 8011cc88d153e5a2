"""The own account: who it is, and the channels of its messages, changed here before they are saved."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace_tui.actions.state import Role
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import MarketplaceError, RequestRefused
from services_stub.contracts.http.notification import MessageChannel, Preferences

KINDS: dict[Role, tuple[str, ...]] = {"guest": (), "user": ("delivery",), "seller": ("sales", "stock"), "admin": ()}
"""The kinds of message that a role can switch on and off."""

CHANNELS: tuple[MessageChannel, ...] = ("email", "sms")


@dataclass
class Draft:
    """Preferences as they are on the screen: the telephone number, and the channels by kind."""

    phone: str
    channels: dict[str, set[MessageChannel]]


class AccountModel(Watched):
    """The preferences, and a draft of them while they are changed. `errors` are those of the last refusal, by field."""

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self._marketplace = marketplace
        self.preferences: Resource[Preferences] = Resource(self._read, marketplace.tasks, marketplace.clock)
        self.draft: Draft | None = None
        self.saving = False
        self.error: MarketplaceError | None = None
        self.errors: dict[str, str] = {}
        self.preferences.watch(self.changed)

    @property
    def shown(self) -> Draft | None:
        """The draft, or else the preferences as they are kept."""
        return self.draft or (_draft_of(self.preferences.value) if self.preferences.value else None)

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        kept = self.preferences.value
        return self.draft is not None and (kept is None or self.draft != _draft_of(kept))

    def toggle(self, kind: str, channel: MessageChannel) -> None:
        """Switch a channel of a kind of message."""
        draft = self._begin()
        if draft is not None:
            draft.channels[kind] ^= {channel}
            self.changed()

    def set_phone(self, phone: str) -> None:
        """Another telephone number."""
        draft = self._begin()
        if draft is not None:
            draft.phone = phone.strip()
            self.changed()

    def save(self) -> None:
        """Save the draft; where it is refused it stays as it was typed."""
        if self.draft is not None and not self.saving:
            self.saving = True
            self.changed()
            self._marketplace.tasks.start(self._save(self.draft))

    def _begin(self) -> Draft | None:
        self.error, self.errors = None, {}
        self.draft = self.shown
        return self.draft

    async def _read(self) -> Preferences:
        return await self._marketplace.connection.ask(self._marketplace.client.notifications.preferences())

    async def _save(self, draft: Draft) -> None:
        def chosen(kind: str) -> list[MessageChannel]:
            return [channel for channel in CHANNELS if channel in draft.channels[kind]]

        try:
            kept = await self._marketplace.connection.ask(
                self._marketplace.client.notifications.change_preferences(
                    phone=draft.phone, delivery=chosen("delivery"), sales=chosen("sales"), stock=chosen("stock")
                )
            )
        except MarketplaceError as error:
            self.error = error
            if isinstance(error, RequestRefused):
                self.errors = {one.field: one.message for one in error.problem.errors}
        else:
            self.draft, self.error, self.errors = None, None, {}
            self.preferences.replace(kept)
        finally:
            self.saving = False
            self.changed()


def _draft_of(kept: Preferences) -> Draft:
    return Draft(kept.phone, {"delivery": set(kept.delivery), "sales": set(kept.sales), "stock": set(kept.stock)})
