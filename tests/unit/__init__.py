"""Tests of handlers and rules as plain functions."""
