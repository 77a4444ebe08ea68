"""Words: how texts are cut into them, and which of them say nothing."""
