"""Build everything: ``python -m assets.build.corpus``."""

from __future__ import annotations

from assets.build.corpus import assemble, labels, training


def main() -> None:
    """Write the corpus, then the labels, then the training pairs."""
    posted, spare = assemble.build()
    labels.build()
    training.build(posted, spare)


if __name__ == "__main__":
    main()
