"""The demo: a whole marketplace for a few seconds, one story told on it, and the events that came of it."""
