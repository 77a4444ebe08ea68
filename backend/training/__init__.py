"""Training loops, checkpoints and cached features."""
