"""Tests of the seller service."""
