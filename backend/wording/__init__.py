"""Words, images and sounds in one space of words: neighbours and arithmetic."""

from backend.wording.spaces import Space
from backend.wording.wording import Wording

__all__ = ["Space", "Wording"]
