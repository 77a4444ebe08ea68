"""Training the heads that predict emotion and sentiment."""
