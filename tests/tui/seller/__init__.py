"""Tests of the seller's screens."""
