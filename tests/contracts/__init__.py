"""What the services publish is held to its word: documents, golden samples, envelope, money and problems."""
