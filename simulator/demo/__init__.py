"""The demo: a whole marketplace for a few seconds, a walkthrough on it, and the events that came of it."""
