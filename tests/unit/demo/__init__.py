"""The demo, apart from the marketplace that it runs on."""
