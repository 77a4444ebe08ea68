"""Vector indexes: in memory, on disk and in LanceDB."""
