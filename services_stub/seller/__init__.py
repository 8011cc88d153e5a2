"""The seller service: what sellers sold, and notices about their stock."""
