"""The auth service's handlers: plain functions over one transaction, beside them passwords and signatures.

It consumes no events, so there is no table of handlers.
"""
