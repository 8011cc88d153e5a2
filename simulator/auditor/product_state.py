"""The state of each product, folded from its events: versions without gaps, and units that are all accounted for.

`version` grows by one with each change, so it tells what was lost, and what lies out of order. A change under the same
seller sequence is one of stock: its units belong to the order of its flow.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from services_stub.contracts.events import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from simulator.auditor.checks import Check
from simulator.auditor.entries import Entry
from simulator.auditor.violation import Violation
from simulator.trace.records import Place

_MOST_MISSING = 10_000
"""Versions that are waited for between two that were read: a record can name any number."""

NoteMove = Callable[[ProductUpdated, int, Entry], None]
"""Is told of each change of stock in the flow of an order: the state after it, and the units that moved."""


class ProductState:
    """A product as far as it was read. Versions of product-updated lie in one partition, in their order."""

    __slots__ = (
        "created",
        "created_number",
        "deleted",
        "deleted_number",
        "first",
        "gap",
        "last",
        "numbers",
        "partition",
        "place",
    )

    def __init__(self) -> None:
        self.created: ProductCreated | None = None
        self.created_number = self.deleted_number = 0
        self.deleted = 0
        """The version of its deletion; 0 before."""
        self.first: tuple[ProductUpdated, Entry] | None = None
        """The first update, until product-created was read, which may be later."""
        self.last: ProductUpdated | None = None
        self.numbers = array("q")
        """The events of the updates by version, from the second version of the product on; 0 for one that is lost."""
        self.gap: Entry | None = None
        """The first update before which one was missing, when it was read."""
        self.partition = -1
        self.place: Place | None = None
        """The event that tells its last state."""


class Products:
    """All products of a run."""

    def __init__(self, note_move: NoteMove) -> None:
        self._note_move = note_move
        self._states: dict[str, ProductState] = {}
        self.sold_out_at: list[int] = []
        """When the last units of some product went into an order."""
        self.disabled: dict[str, Entry] = {}
        """The sellers of products that were disabled, each with the first event that says so."""
        self.repeated = 0
        """Records that repeat an event."""

    def find(self, product_id: str) -> ProductState | None:
        """The state of a product."""
        return self._states.get(product_id)

    def deleted(self) -> frozenset[str]:
        """The products that were deleted."""
        return frozenset(product_id for product_id, state in self._states.items() if state.deleted)

    def unclear(self) -> frozenset[str]:
        """The products of which an event was missing when a later one was read, or the first."""
        states = self._states.items()
        return frozenset(product_id for product_id, state in states if state.gap is not None or state.created is None)

    def fold(self, entry: Entry) -> Iterator[Violation]:
        """Take an event of a product; what is wrong at once."""
        match entry.event:
            case ProductCreated() as event:
                state = self._state(event.product_id)
                if state.created is None:
                    state.created, state.created_number = event, entry.number
                    state.place = state.place or entry.place
                    if state.first is not None:
                        first, state.first = state.first, None
                        yield from self._follows(state, event, *first)
                elif state.created_number == entry.number:
                    self.repeated += 1
                else:
                    yield _found(Check.PUBLISHED_TWICE, event.product_id, "was created under two ids", entry)
            case ProductUpdated() as event:
                yield from self._updated(self._state(event.product_id), event, entry)
            case ProductDeleted() as event:
                state = self._state(event.product_id)
                if not state.deleted:
                    state.deleted, state.deleted_number, state.place = event.version, entry.number, entry.place
                elif state.deleted_number == entry.number:
                    self.repeated += 1
                else:
                    yield _found(Check.PUBLISHED_TWICE, event.product_id, "was deleted under two ids", entry)
            case _:
                return

    def end(self, *, from_beginning: bool) -> Iterator[Violation]:
        """All that two topics tell together: creations, changes and deletions."""
        for product_id, state in self._states.items():
            places = () if state.place is None else (state.place,)
            last = state.last.version if state.last is not None else 1
            if state.deleted and last > state.deleted:
                detail = f"changed to version {last} after its deletion with version {state.deleted}"
                yield Violation(Check.SOLD_AFTER_DELETION, product_id, detail, "", places)
            yield from self._lost(product_id, state)
            if not from_beginning:
                continue
            if state.created is None:
                yield Violation(Check.LOST_EVENT, product_id, "product-created was published nowhere", "", places)
            # What happens to a deleted product's stock has a version, and no event.
            if state.deleted and state.deleted > last + 1:
                detail = f"versions {last + 1} to {state.deleted - 1} were published nowhere"
                yield Violation(Check.LOST_EVENT, product_id, detail, "", places)

    @staticmethod
    def _lost(product_id: str, state: ProductState) -> Iterator[Violation]:
        """Versions that lie nowhere, behind the first that was read; the deletion has one of its own."""
        missing = [version for version, number in enumerate(state.numbers, 2) if not number]
        if state.created is None:
            begin = next((version for version, number in enumerate(state.numbers, 2) if number), 0)
            missing = [version for version in missing if version > begin]
        versions = [version for version in missing if version != state.deleted]
        if versions and state.gap is not None:
            detail = f"{len(versions)} versions from {versions[0]} to {versions[-1]} were published nowhere"
            yield _found(Check.LOST_EVENT, product_id, detail, state.gap)

    def _state(self, product_id: str) -> ProductState:
        state = self._states.get(product_id)
        if state is None:
            state = self._states[product_id] = ProductState()
        return state

    def _updated(self, state: ProductState, event: ProductUpdated, entry: Entry) -> Iterator[Violation]:
        partition = entry.place[1]
        if state.partition not in (-1, partition):
            detail = f"product-updated lies in partitions {state.partition} and {partition}"
            yield _found(Check.TWO_PARTITIONS, event.product_id, detail, entry)
        state.partition = partition
        last, index = state.last, event.version - 2
        if not 0 <= index <= len(state.numbers) + _MOST_MISSING:
            detail = f"version {event.version} cannot follow version {len(state.numbers) + 1}"
            yield _found(Check.OUT_OF_ORDER, event.product_id, detail, entry)
            return
        known = state.numbers[index] if 0 <= index < len(state.numbers) else None
        if known == entry.number:
            self.repeated += 1
            return
        if known:
            detail = f"version {event.version} lies there under two ids"
            yield _found(Check.PUBLISHED_TWICE, event.product_id, detail, entry)
            return
        if last is not None and event.version <= last.version:
            detail = f"version {event.version} lies behind version {last.version}"
            yield _found(Check.OUT_OF_ORDER, event.product_id, detail, entry)
            state.numbers[index] = entry.number
            return
        if last is not None and event.version > last.version + 1:
            state.gap = state.gap or entry
        state.numbers.extend([0] * (index - len(state.numbers)))
        state.numbers.append(entry.number)
        state.last = event
        if not state.deleted:
            state.place = entry.place
        if event.status == ProductStatus.DISABLED:
            self.disabled.setdefault(event.seller_id, entry)
        if event.quantity < 0:
            yield _found(Check.OVERSOLD, event.product_id, f"{event.quantity} units are left", entry)
        if last is not None:
            yield from self._follows(state, last, event, entry)
        elif state.created is not None:
            yield from self._follows(state, state.created, event, entry)
        else:
            state.first = (event, entry)

    def _follows(
        self, state: ProductState, before: ProductCreated | ProductUpdated, event: ProductUpdated, entry: Entry
    ) -> Iterator[Violation]:
        moved = event.quantity - before.quantity
        if event.version != before.version + 1:
            state.gap = state.gap or entry
            return
        if event.seller_sequence < before.seller_sequence:
            detail = f"change {event.seller_sequence} of the seller lies behind change {before.seller_sequence}"
            yield _found(Check.OUT_OF_ORDER, event.product_id, detail, entry)
        if not moved or event.seller_sequence > before.seller_sequence:
            return
        if entry.own_flow:
            yield _found(Check.STOCK_BALANCE, event.product_id, f"moved by {moved} units for no order", entry)
            return
        self._note_move(event, moved, entry)
        if moved < 0 and event.quantity == 0:
            self.sold_out_at.append(entry.at)


def _found(check: Check, product_id: str, detail: str, entry: Entry) -> Violation:
    return Violation(check, product_id, detail, entry.flow, (entry.place,))
