"""*larkhaven*: a synthetic corpus about an invented harbour town, with planted facts.

Texts were written, pictures drawn and voices synthesised for this project; nobody said any of it.
``python -m assets.build.larkhaven`` makes all of it again.
"""
