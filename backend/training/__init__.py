"""The training loop, its checkpoints and the cache of encoder features."""
