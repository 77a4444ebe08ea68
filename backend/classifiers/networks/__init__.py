"""The papers' networks, one module each, without training logic."""
