"""The client in a browser: a page and a WebSocket on loopback, closed to the pages of others."""
