"""The screens of admins."""
