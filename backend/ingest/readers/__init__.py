"""Source formats to rows, one module each."""
