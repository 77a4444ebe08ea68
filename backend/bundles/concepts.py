"""What an image classifier is sure to see: the names of kinds of things, not of breeds.

A photo of a cat is spread over five breeds, none of which may be likely alone. Together
they say "cat". Drawings are hardly ever classified surely, and then nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SURE = 0.5  # probability from which a concept is named
IMAGENET = 1000  # classes, in the order of ILSVRC 2012
# Classes of ImageNet by what everybody calls them.
_KINDS: dict[str, tuple[int | range, ...]] = {
    "fish": (range(7), range(389, 398)),
    "bird": (range(7, 25), range(80, 101), range(127, 147)),
    "snake": (range(52, 69),),
    "spider": (range(72, 78),),
    "dog": (range(151, 269),),
    "cat": (range(281, 286),),
    "bear": (range(294, 298),),
    "insect": (range(300, 327),),
    "butterfly": (range(321, 327),),
    "monkey": (range(365, 385),),
    "elephant": (385, 386),
    "plane": (404, 895, 908),
    "car": (407, 436, 468, 511, 609, 627, 656, 661, 751, 817),
    "ship": (403, 484, 510, 554, 625, 628, 724, 780, 814, 871, 914),
    "coffee": (504, 505, 550, 967),
    "rocket": (657, 744, 812),
    "flower": (985, 986),
    "mushroom": (947, *range(991, 998)),
}


def concepts(names: Sequence[str], logits: np.ndarray) -> tuple[str, ...]:
    """Return what is surely seen, the likeliest first.

    Parameters
    ----------
    names : sequence of str
        Of the classes.
    logits : numpy.ndarray
        ``(classes,)``.

    Returns
    -------
    tuple of str
        A kind of things, or else the name of one class; empty when unsure.
    """
    odds = np.exp(logits - logits.max())
    probability = odds / odds.sum()
    likely: dict[str, float] = {}
    for kind, members in _KINDS.items() if len(names) == IMAGENET else ():
        rows = np.concatenate([np.atleast_1d(np.asarray(member)) for member in members])
        likely[kind] = float(probability[rows].sum())
    sure = sorted((kind for kind in likely if likely[kind] >= SURE), key=lambda k: -likely[k])
    best = int(probability.argmax())
    if not sure and probability[best] >= SURE:
        return (names[best],)
    return tuple(sure)
