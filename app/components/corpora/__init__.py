"""Components of the page Corpora."""
