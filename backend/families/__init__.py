"""Families: posts whose picture, text or sound is the same thing again, or nearly.

`find` finds them, `storage` keeps them with a corpus, `coordinated` looks for copies that many
users posted within minutes.
"""
