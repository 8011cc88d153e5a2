"""A flow in the forms in which it can be copied: a command, JSON, Mermaid, text."""

from __future__ import annotations

import asyncio
from shlex import quote

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.text.values import count
from simulator.trace.document import exported

FORMS = {"id": "id", "command": "command", "json": "JSON", "mermaid": "Mermaid", "text": "text"}
"""The forms by their keys, the shortest first."""


def copy_id(screen: ClientScreen, model: FlowModel) -> None:
    """Copy the id of a flow."""
    screen.app.copy_to_clipboard(model.flow_id)
    screen.say(f"Copied as id: {model.flow_id}")


def copy_as(screen: ClientScreen, model: FlowModel) -> None:
    """Choose the form in which a flow is copied."""
    source = source_options(screen.client_app.marketplace)

    def chosen(form: str | None) -> None:
        if form is not None:
            screen.client_app.marketplace.tasks.start(_copy(screen, model, form, source))

    screen.app.push_screen(Choose("Copy the flow as", [Choice(key, name) for key, name in FORMS.items()]), chosen)


def command_for(flow_id: str, source: str) -> str:
    """The command that shows a flow; `source` are the options that say where it is read from."""
    return f"marketplace trace show {quote(flow_id)}{source}"


def source_options(marketplace: Marketplace) -> str:
    """The options of a command for what is looked at here."""
    if marketplace.recording is not None:
        return f" --recording {quote(str(marketplace.recording.recording.path.absolute()))}"
    return "" if marketplace.state is None else f" --data-dir {quote(marketplace.state.data_dir)}"


async def _copy(screen: ClientScreen, model: FlowModel, form: str, source: str) -> None:
    if form == "id":
        text = model.flow_id
    elif form == "command":
        text = command_for(model.flow_id, source)
    elif model.drawn is not None and model.judged is not None:
        text = await asyncio.to_thread(exported, model.drawn.flow, model.judged.findings, form)
    else:
        screen.say("No event of this flow was read yet.", "warning")
        return
    screen.app.copy_to_clipboard(text)
    screen.say(f"Copied as {FORMS[form]}: {count(len(text), 'character')}")
