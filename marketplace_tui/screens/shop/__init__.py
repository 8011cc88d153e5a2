"""The screens of guests and shoppers."""
