"""What the client knows of the marketplace and does with it, without a terminal: screens show it and call it."""
