"""Whole-system tests: real processes, a real broker, the real HTTP API."""
