"""What the page “Over time” draws."""
