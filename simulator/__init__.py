"""Drives the marketplace from outside: the demo, and the trace that joins events into flows."""
