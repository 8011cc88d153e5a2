"""Processes: the fork server that starts and reaps them, its protocol, restarts, and whether a part answers."""
