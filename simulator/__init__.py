"""Drives the marketplace from outside: the demo, the plan of a load, and the trace that joins events into flows."""
