"""Users who were welcomed once, and sellers with the times at which they were blocked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from services_stub.contracts.events import NotificationSent, SellerBlocked, SellerUnblocked, UserCreated
from simulator.auditor.checks import Check
from simulator.auditor.entries import Entry
from simulator.auditor.violation import Violation

_Block = tuple[int, bool, int, Entry]
"""When, whether it is a block or its end, and the event."""


class Accounts:
    """All users and sellers of a run."""

    def __init__(self) -> None:
        self._users: dict[str, tuple[int, str]] = {}
        """The event of each account, and its flow."""
        self._blocks: dict[str, list[_Block]] = {}
        self._told: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        """The events that tell a user, by user and template."""

    def fold(self, entry: Entry) -> Iterator[Violation]:
        """Take an event of an account; what is wrong at once."""
        match entry.event:
            case UserCreated(user_id=user_id):
                if self._users.setdefault(user_id, (entry.number, entry.flow))[0] != entry.number:
                    yield Violation(
                        Check.PUBLISHED_TWICE, user_id, "was created under two ids", entry.flow, (entry.place,)
                    )
            case SellerBlocked(seller_id=seller_id) | SellerUnblocked(seller_id=seller_id):
                known = self._blocks.setdefault(seller_id, [])
                if all(number != entry.number for _, _, number, _ in known):
                    known.append((entry.at, isinstance(entry.event, SellerBlocked), entry.number, entry))
                    known.sort(key=lambda block: block[0])
            case NotificationSent(user_id=user_id, template="welcome" | "seller-blocked" as template):
                told = self._told[user_id, template]
                if entry.number not in told:
                    told.append(entry.number)
            case _:
                return

    def held(self, seller_id: str, at: int, clocks: int) -> bool:
        """Whether a seller was blocked for some time before `at`, and still was, where clocks may differ by so much."""
        blocked = False
        for moment, is_block, _, _ in self._blocks.get(seller_id, ()):
            if is_block and moment < at - clocks:
                blocked = True
            elif not is_block and moment < at + clocks:
                blocked = False
        return blocked

    def blocked_now(self, seller_id: str) -> bool:
        """Whether the last event of a seller is a block."""
        return [False, *(is_block for _, is_block, _, _ in self._blocks.get(seller_id, ()))][-1]

    @property
    def blocks(self) -> int:
        """How many blocks there were."""
        return sum(is_block for blocks in self._blocks.values() for _, is_block, _, _ in blocks)

    def end(
        self, users: Mapping[str, str], disabled: Mapping[str, Entry], *, from_beginning: bool
    ) -> Iterator[Violation]:
        """Messages that are missing or too many, and changes that were published twice or not at all.

        `users` are those who were answered, with a request; `disabled` the sellers whose products were, with an event
        that says so.
        """
        if from_beginning:
            yield from self._lost(users, disabled)
        for seller_id, blocks in self._blocks.items():
            for (_, before, _, _), (_, after, _, entry) in pairwise(blocks):
                if before is after:
                    detail = "was blocked twice without an end of the block" if after else "was unblocked twice"
                    yield Violation(Check.PUBLISHED_TWICE, seller_id, detail, entry.flow, (entry.place,))
            count = sum(is_block for _, is_block, _, _ in blocks)
            yield from self._messages(seller_id, "seller-blocked", count, blocks[-1][-1].flow)
        for user_id, (_, flow) in self._users.items():
            yield from self._messages(user_id, "welcome", 1, flow)

    def _lost(self, users: Mapping[str, str], disabled: Mapping[str, Entry]) -> Iterator[Violation]:
        for user_id, request in users.items():
            if user_id not in self._users:
                detail = "has an account, and user-created was published nowhere"
                yield Violation(Check.LOST_EVENT, user_id, detail, "", (), (request,))
        for seller_id, entry in disabled.items():
            if not any(is_block for _, is_block, _, _ in self._blocks.get(seller_id, ())):
                detail = "has disabled products, and seller-blocked was published nowhere"
                yield Violation(Check.LOST_EVENT, seller_id, detail, entry.flow, (entry.place,))

    def _messages(self, user_id: str, template: str, wanted: int, flow: str) -> Iterator[Violation]:
        told = len(self._told.get((user_id, template), ()))
        if told != wanted:
            check = Check.LOST_NOTIFICATION if told < wanted else Check.DUPLICATE_NOTIFICATION
            yield Violation(check, user_id, f"{template}: {told} of {wanted} messages", flow)
