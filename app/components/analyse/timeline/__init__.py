"""The time line of a sound or a video: a player, what is said, the emotion of each part."""
