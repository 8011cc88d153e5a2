"""The published contracts are kept: documents, golden samples, envelope, money and problems."""
