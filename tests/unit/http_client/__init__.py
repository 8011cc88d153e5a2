"""Tests of the HTTP client for calls between services."""
