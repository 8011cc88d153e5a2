"""Tests of the cart service on a real Valkey."""
