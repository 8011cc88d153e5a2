"""The published contracts: events, HTTP bodies, envelope, topics, money and problems. Public and pure."""
