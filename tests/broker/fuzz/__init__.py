"""Mutated requests against a broker that serves another client all the while: `python -m tests.broker.fuzz`."""
