"""The widgets of the client: each draws lines of `marketplace_tui.text` and knows nothing of the marketplace."""
