"""Follows one business flow across topics and services, from the headers of its records alone."""
