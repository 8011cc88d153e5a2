"""The results of a run for people and for other programs: drawn and written from its run directory alone."""
