"""The simulator's pure half."""
