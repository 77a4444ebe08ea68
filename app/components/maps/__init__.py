"""What the Users and Posts maps draw."""
