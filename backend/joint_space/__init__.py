"""The joint space of posts, users and words: its model and its training."""
