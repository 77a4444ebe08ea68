"""What a user's page draws."""
