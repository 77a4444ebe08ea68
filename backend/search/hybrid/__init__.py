"""Hybrid search: each part of a query finds candidates its own way, and one rank joins them."""
