"""Components of the maps of users and of posts."""
