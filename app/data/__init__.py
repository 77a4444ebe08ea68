"""What pages show: session, URL state, cached reads of the workspace."""
