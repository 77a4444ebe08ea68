"""What the Words page draws."""
