"""Producers, consumers and a broker that are killed at random for minutes: `python -m tests.broker.kills`."""
