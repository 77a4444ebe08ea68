"""The same as the pages and the command line, over HTTP and JSON."""

from backend.api.app import create

__all__ = ["create"]
