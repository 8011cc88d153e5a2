"""Tests of the runtime, each loop by its step."""
