"""Test suites of other projects' Kafka clients, unchanged, on the embedded broker: how each is brought and run.

`failures.toml` lists every test that does not pass, with its reason; it may only become shorter.
"""
