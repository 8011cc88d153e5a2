"""Faults of a run: their text, their schedule, and how they are carried out."""
