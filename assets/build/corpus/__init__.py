"""Build the demo corpus, the labels and the training pairs from packages.

``python -m assets.build.corpus`` writes ``assets/corpus``, ``assets/labels`` and
``assets/training``; a second run writes the same bytes.
"""
