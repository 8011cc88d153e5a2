"""The screens, one module each, by role. A screen shows a model and calls it; it makes no requests itself."""
