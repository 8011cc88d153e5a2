"""The HTTP server of every port, and the limits that connections and requests have there."""
