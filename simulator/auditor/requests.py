"""The operations of a run beside its orders: who asked for which, and who saw whose."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from simulator.auditor.checks import Check
from simulator.auditor.order_state import OrderState
from simulator.auditor.states import States
from simulator.auditor.violation import Violation
from simulator.history.operations import CHECKOUT, Operation
from simulator.measure.outcomes import Outcome

_NEVER = frozenset({Outcome.REFUSED, Outcome.FAILED, Outcome.DROPPED})
"""The outcomes after which there must be no order."""
_SHOPPER, _SELLER, _GUEST = ("user", "shopper"), "seller", "guest"
_CONFLICT = 409
_FOR_ITSELF = (404, _CONFLICT, 422)
"""The statuses of a request that is refused for what it asks for."""


class Requests:
    """Is given all operations in any order, and compares them with the orders at the end."""

    def __init__(self) -> None:
        self.operations = 0
        self.outcomes: Counter[Outcome] = Counter()
        self._by_request: dict[str, tuple[Outcome, int]] = {}
        """Of requests that place an order: the outcome, and the hash of who asked under which key."""
        self._by_key: dict[int, str] = {}
        self._answered: dict[str, tuple[str, str, int]] = {}
        """By order: the total in the first answer, the request, and when the answer came."""
        self._turned_down: list[tuple[int, int, int, str]] = []
        """Checkouts that were refused for themselves: the hash as above, when they were sent, status and request."""
        self.users: dict[str, str] = {}
        """Shoppers and sellers who were answered, each with a request."""
        self._seen: dict[tuple[str, str, str], str] = {}
        """Who, in which role, saw which id, and the first request by which they did."""
        self._refused: list[tuple[int, int]] = []
        """When checkouts were under way that a conflict ended."""
        self._unknown: set[int] = set()
        self.retried = 0
        """Checkouts that were repeated under the key of one that had made an order, or whose outcome was unknown."""
        self._found: list[Violation] = []

    def fold(self, operation: Operation) -> None:
        """Take an operation."""
        self.operations += 1
        self.outcomes[operation.outcome] += 1
        if operation.operation == CHECKOUT:
            self._place(operation)
        if operation.outcome is Outcome.OK and operation.role in (*_SHOPPER, _SELLER):
            self.users.setdefault(operation.user_id, operation.request_id)
        if operation.outcome is Outcome.OK and operation.role in (*_SHOPPER, _SELLER, _GUEST):
            seen = operation.seen if not operation.order_id else (*operation.seen, operation.order_id)
            for each in seen:
                self._seen.setdefault((operation.user_id, operation.role, each), operation.request_id)

    def end(self, orders: States[OrderState], *, exclusive: bool) -> Iterator[Violation]:
        """Orders that are lost, doubled, or that no operation asked for, and orders that others saw.

        `exclusive` says that no other client placed orders meanwhile.
        """
        yield from self._found
        yield from self._other_answers()
        for order_id, (total, request, _) in self._answered.items():
            state = orders.find(order_id)
            if state is None or not state.created:
                detail = "was placed, and no order-created was published"
                yield Violation(Check.LOST_ORDER, order_id, detail, order_id, (), (request,))
            elif total and round(float(total) * 100) != state.amount:
                detail = f"costs {state.amount / 100:.2f}, and the answer said {total}"
                yield Violation(Check.WRONG_AMOUNT, order_id, detail, order_id, (), (request,))
        for order_id, state in orders.all():
            if state.created:
                yield from self._placed_by(order_id, state, exclusive=exclusive)
        yield from self._leaks(orders)

    def races(self, moments: Sequence[int]) -> int:
        """How many checkouts met a conflict while the last units of a product went into another order."""
        ordered = sorted(moments)
        found = 0
        for sent_at, done_at in self._refused:
            place = bisect_left(ordered, sent_at)
            found += place < len(ordered) and ordered[place] <= done_at
        return found

    def _place(self, operation: Operation) -> None:
        key = hash((operation.user_id, operation.idempotency_key))
        self._by_request[_step_of(operation.request_id)] = (operation.outcome, key)
        if operation.outcome is Outcome.REFUSED and operation.status == _CONFLICT:
            self._refused.append((operation.sent_at, operation.done_at))
        if operation.outcome is Outcome.REFUSED and operation.status in _FOR_ITSELF:
            self._turned_down.append((key, operation.sent_at, operation.status, operation.request_id))
        if key in self._unknown or key in self._by_key:
            self.retried += 1
        if operation.outcome is Outcome.UNKNOWN:
            self._unknown.add(key)
        if operation.outcome is Outcome.OK and operation.order_id:
            _, _, before = self._answered.get(operation.order_id, ("", "", operation.done_at + 1))
            if operation.done_at < before:
                self._answered[operation.order_id] = (operation.total, operation.request_id, operation.done_at)
            known = self._by_key.setdefault(key, operation.order_id)
            if known != operation.order_id:
                detail = f"the key {operation.idempotency_key} stands for {known}, too"
                self._found.append(
                    Violation(
                        Check.DUPLICATE_ORDER, operation.order_id, detail, operation.order_id, (),
                        (operation.request_id,),
                    )
                )  # fmt: skip

    def _other_answers(self) -> Iterator[Violation]:
        for key, sent_at, status, repeated in self._turned_down:
            order_id = self._by_key.get(key, "")
            _, request, answered_at = self._answered.get(order_id, ("", "", sent_at + 1))
            if answered_at <= sent_at:
                detail = f"was placed, and its checkout refused with {status} when it was repeated"
                yield Violation(Check.OTHER_ANSWER, order_id, detail, order_id, (), (request, repeated))

    def _placed_by(self, order_id: str, state: OrderState, *, exclusive: bool) -> Iterator[Violation]:
        asked = self._by_request.get(_step_of(state.request))
        requests = (state.request,)
        if asked is None:
            if exclusive:
                detail = "no operation of the run asked for it"
                yield Violation(Check.PHANTOM_ORDER, order_id, detail, order_id, (), requests)
            return
        outcome, key = asked
        if outcome in _NEVER:
            detail = f"was placed by a request that was {outcome.value}"
            yield Violation(Check.REFUSED_ORDER, order_id, detail, order_id, (), requests)
        known = self._by_key.setdefault(key, order_id)
        if known != order_id:
            detail = f"its idempotency key stands for {known}, too"
            yield Violation(Check.DUPLICATE_ORDER, order_id, detail, order_id, (), requests)

    def _leaks(self, orders: States[OrderState]) -> Iterator[Violation]:
        for (user_id, role, seen), request in self._seen.items():
            state = orders.find(seen)
            if state is None or not state.created:
                continue
            owners = {line.seller_id for line in state.lines} if role == _SELLER else {state.user_id}
            if user_id not in owners:
                detail = f"was shown to the {role} {user_id}, and belongs to {', '.join(sorted(owners))}"
                yield Violation(Check.LEAK, seen, detail, seen, (), (request,))


def _step_of(request_id: str) -> str:
    """The step of a request: its further requests, of which an operation names the last, have a `+` more each."""
    return request_id.rstrip("+")
