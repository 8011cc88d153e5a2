"""What the auth service does: plain functions over one transaction, and the two crafts of passwords and signatures.

It consumes no events, so there is no table of handlers.
"""
