"""What the Corpora page draws: corpora and imports."""
