"""The benchmark: orders per second to PAID through the gateway, and what they cost."""
