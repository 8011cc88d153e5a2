"""The HTTP bodies of every service, one module per area. Requests refuse unknown fields."""
