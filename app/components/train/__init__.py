"""Choosing what to train, watching it, and its table."""
