"""What the services publish: events, HTTP bodies, envelope, topics, money and problems. Public and pure."""
