"""The screens and dialogs that every role has."""
