"""The screens of sellers."""
