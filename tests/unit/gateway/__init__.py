"""The gateway: what is passed on and what is not, who is turned away, what the live stream tells whom."""
