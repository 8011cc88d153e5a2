"""The HTTP client for calls between services, and from the gateway to them."""
