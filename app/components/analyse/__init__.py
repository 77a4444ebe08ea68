"""What the Analyse page draws."""
