"""Tests of the HTTP server that every port has."""
