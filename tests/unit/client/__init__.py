"""The public client against a marketplace that answers from memory."""
