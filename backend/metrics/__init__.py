"""Quality metrics and their confidence intervals."""
