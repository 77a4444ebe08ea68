"""Words, images and sounds in one space of words: neighbours and arithmetic."""
