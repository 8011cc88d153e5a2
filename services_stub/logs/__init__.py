"""Keeps the logs of a process small."""
