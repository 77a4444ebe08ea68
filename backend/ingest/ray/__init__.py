"""Imports whose posts are encoded on a Ray cluster.

Only these need Ray; ``requirements-scale.txt`` lists it.
"""
