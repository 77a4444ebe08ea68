"""Reactions: who replies to, likes, shares, quotes and mentions whom, and what draws them.

`network` counts them between users, `communities` groups users who react to each other, and
`by_emotion` compares what posts of each emotion draw.
"""
