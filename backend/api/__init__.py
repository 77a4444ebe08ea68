"""Kindred over HTTP and JSON."""

from backend.api.app import create

__all__ = ["create"]
