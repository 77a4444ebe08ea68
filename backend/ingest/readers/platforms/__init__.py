"""Readers of what platforms export and what their APIs and collectors write."""
