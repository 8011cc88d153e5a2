"""The choices of one marketplace before anything runs: options, data directory, ports, users, and its state file."""
