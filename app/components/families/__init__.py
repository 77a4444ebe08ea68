"""The page of families of copies."""
