"""The load generator: starts operations when they are planned, whatever the answers do, and measures each."""
