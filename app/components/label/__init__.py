"""Components of the page Label."""
