"""Measures of quality and their intervals."""
