"""The scripts that made everything in ``assets/``."""
