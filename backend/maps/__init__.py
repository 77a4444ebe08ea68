"""Maps of users and posts: coordinates, clusters with labels, and how far to trust them."""

from backend.maps.types import Cluster, Column, Level, Map

__all__ = ["Cluster", "Column", "Level", "Map"]
