"""Shrinks a run that failed to a smaller plan that still fails, by trying parts of it again and again."""
