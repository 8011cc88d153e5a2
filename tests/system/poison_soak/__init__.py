"""Purchases at a steady rate with poison of every kind each minute: every dead letter, and flat memory."""
