"""Components of a user's page."""
