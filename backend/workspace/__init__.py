"""The application layer, one file an area; all that pages, CLI and HTTP call."""
