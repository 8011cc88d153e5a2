"""Tests of the admin's screens."""
