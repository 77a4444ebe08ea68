"""The papers' networks, one module each; no training logic."""
