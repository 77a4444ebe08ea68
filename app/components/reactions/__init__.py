"""The page of reactions."""
