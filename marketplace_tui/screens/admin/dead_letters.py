"""The dead letters: looked at, sent again, discarded; one, or all that are marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from marketplace_tui.model.admin.dead_letters import discard, send_again
from marketplace_tui.model.admin.listing import Listing, Query, dead_letters_of
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin import dead_letters_text as text
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.admin.list_screen import ListScreen
from marketplace_tui.screens.asking import perform_form, start
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose, Form, FormField
from marketplace_tui.text.lines import Line
from marketplace_tui.text.values import count
from services_stub.contracts.http.dead_letters import (
    DEFAULT_PER_SECOND,
    MOST_PER_SECOND,
    DeadLetter,
    DeadLetterRecord,
    DeadLetterResult,
    DeadLetterState,
)


class DeadLettersScreen(ListScreen[DeadLetter]):
    """The dead letters, those that are open at first."""

    PLACE = "dead-letters"
    NOUN = "dead letters"
    COLUMNS = text.COLUMNS
    FILTERS = text.STATES
    MARKABLE = True

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__(marketplace)
        self.listing.query = Query(only=DeadLetterState.OPEN)

    def make_listing(self, marketplace: Marketplace) -> Listing[DeadLetter]:
        """All dead letters."""
        return dead_letters_of(marketplace)

    def cells(self, item: DeadLetter) -> tuple[Line, ...]:
        """A dead letter as a row."""
        return text.cells(item, self.client_app.marketplace.now())

    def details(self, item: DeadLetter, width: int) -> list[Line]:
        """A dead letter without its record."""
        return text.details(item, width)

    def open_item(self, item: DeadLetter) -> None:
        """Read its record, and show it."""

        def show(record: DeadLetterRecord) -> None:
            self.app.push_screen(Details(item.dead_letter_id, lambda width: text.record_lines(record, width)))

        start(self, self.client_app.marketplace.client.dead_letters.read(item.dead_letter_id), show)

    def do_dead_letter_filter(self) -> None:
        """Choose a state, or a topic or group of those that are listed."""
        items = self.listing.pages.items
        topics, groups = sorted({one.topic for one in items}), sorted({one.group for one in items})
        choices = [
            Choice("all", "All dead letters"),
            *(Choice(f"state {key}", words) for key, words in self.FILTERS.items()),
            *(Choice(f"topic {one}", one, "topic") for one in topics),
            *(Choice(f"group {one}", one, "group") for one in groups),
        ]

        def chosen(key: str | None) -> None:
            if key is None:
                return
            field, _, value = key.partition(" ")
            query = self.listing.query
            changed = {
                "all": Query(),
                "state": replace(query, only=value),
                "topic": replace(query, topic=value),
                "group": replace(query, group=value),
            }
            self.look_for(changed[field])

        self.app.push_screen(Choose("Show which dead letters?", choices), chosen)

    def do_dead_letter_send(self) -> None:
        """Ask for rate and reason, and send what is marked again."""
        ids, marketplace = self.rows.chosen, self.client_app.marketplace
        fields = [
            FormField("perSecond", "Per second", str(DEFAULT_PER_SECOND), f"1 to {MOST_PER_SECOND}"),
            FormField("reason", "Reason", hint="is recorded"),
        ]

        def submitted(form: Form, values: Mapping[str, str]) -> None:
            try:
                per_second = int(values["perSecond"])
            except ValueError:
                form.refused("", {"perSecond": "a whole number"})
                return
            sending = send_again(
                marketplace, ids, per_second=per_second, reason=values["reason"], progress=self._progress(form, ids)
            )
            perform_form(self, form, sending, lambda results: self._acted("sent again", results))

        title = f"Send {count(len(ids), 'dead letter')} again"
        self.app.push_screen(Form(title, fields, submitted, explanation=text.SEND_AGAIN))

    def do_dead_letter_discard(self) -> None:
        """Ask for the reason, and discard what is marked."""
        ids, marketplace = self.rows.chosen, self.client_app.marketplace

        def submitted(form: Form, values: Mapping[str, str]) -> None:
            discarding = discard(marketplace, ids, reason=values["reason"], progress=self._progress(form, ids))
            perform_form(self, form, discarding, lambda results: self._acted("discarded", results))

        title = f"Discard {count(len(ids), 'dead letter')}"
        reason = FormField("reason", "Reason", hint="is recorded")
        self.app.push_screen(Form(title, [reason], submitted, explanation=text.DISCARD))

    def _progress(self, form: Form, ids: Sequence[str]) -> text.Progress:
        def progress(done: int) -> None:
            if form.is_attached and done < len(ids):
                form.tell(f"{done:,} of {len(ids):,} so far")

        return progress

    def _acted(self, words: str, results: Sequence[DeadLetterResult]) -> None:
        self.rows.marked.clear()
        self.say(text.outcome(words, results), "warning" if any(one.problem for one in results) else "good")
        self.refresh_data()
