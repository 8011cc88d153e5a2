"""The gateway: which requests it passes on and refuses, and which events its live stream shows."""
