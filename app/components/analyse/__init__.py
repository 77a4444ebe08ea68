"""What the page Analyse a post draws."""
