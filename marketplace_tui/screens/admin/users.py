"""The accounts of a marketplace: found, filtered, and sellers blocked and unblocked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.listing import Listing, Query, users_of
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin import users_text as text
from marketplace_tui.screens.admin.list_screen import ListScreen
from marketplace_tui.screens.asking import submit
from marketplace_tui.screens.everywhere.dialogs import Form
from marketplace_tui.text.lines import Line
from services_stub.contracts.http.auth import SellerBlock, User


class UsersScreen(ListScreen[User]):
    """All accounts. `blocks` are the answers to the blocks of this visit, by seller."""

    PLACE = "users"
    NOUN = "accounts"
    COLUMNS = text.COLUMNS
    FILTERS = {"user": "shoppers", "seller": "sellers", "admin": "admins"}
    HAS_SEARCH = True

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__(marketplace)
        self.blocks: dict[str, SellerBlock] = {}

    def make_listing(self, marketplace: Marketplace) -> Listing[User]:
        """All accounts."""
        return users_of(marketplace)

    def seek(self, key: str) -> None:
        """Find the accounts with a name or an e-mail address."""
        self.listing.query = Query(text=key)

    def cells(self, item: User) -> tuple[Line, ...]:
        """An account as a row."""
        return text.cells(item, self.client_app.marketplace.now())

    def details(self, item: User, width: int) -> list[Line]:
        """An account in full, with what its block did."""
        return text.details(item, self.blocks.get(item.user_id), width)

    def item_facts(self, item: User) -> Iterable[Fact]:
        """Sellers can be blocked and unblocked."""
        yield Fact.BLOCKED if item.blocked else Fact.NOT_BLOCKED
        if item.role == "seller":
            yield Fact.A_SELLER

    def do_users_search(self) -> None:
        """Type into the search field."""
        self.search()

    def do_users_filter(self) -> None:
        """Choose a role."""
        self.choose_filter()

    def do_seller_block(self) -> None:
        """Ask for the reason, and block."""
        seller = self.selected_item
        client = self.client_app.marketplace.client

        def block(form: Form, values: Mapping[str, str]) -> None:
            submit(self, form, client.admin.block_seller(seller.user_id, values["reason"]), self._blocked)

        self.app.push_screen(Form(f"Block {text.name_of(seller)}", [text.REASON], block, explanation=text.BLOCK))

    def do_seller_unblock(self) -> None:
        """Ask for the reason, and unblock."""
        seller = self.selected_item
        client = self.client_app.marketplace.client

        def unblock(form: Form, values: Mapping[str, str]) -> None:
            submit(self, form, client.admin.unblock_seller(seller.user_id, values["reason"]), self._blocked)

        self.app.push_screen(Form(f"Unblock {text.name_of(seller)}", [text.REASON], unblock, explanation=text.UNBLOCK))

    def _blocked(self, answer: SellerBlock) -> None:
        self.blocks[answer.user_id] = answer
        self.say(text.outcome(answer), "warning" if answer.not_reached else "good")
        self.refresh_data()
