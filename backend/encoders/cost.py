"""What items cost to encode on a CPU, so that no turn at the encoders takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from backend.core.scheduler import turn_seconds
from backend.domain import Content, Picture, Sound
from backend.text.reading_length import reading_lengths

_READ = 2_000  # the default text encoder reads no more, see `reading_lengths`
_READ_A_SECOND = 1_700.0
_FRAME_SECONDS = 0.03
_SOUND_SECONDS = 0.3  # of a short sound
_SOUNDED_A_SECOND = 40.0  # seconds of sound

T = TypeVar("T")


def seconds(item: Any) -> float:
    """Estimate the seconds of one core for a text, a picture or a sound.

    Measured with the default encoders on one core of a two-core machine; only the
    proportions matter.
    """
    if isinstance(item, Picture):
        return _FRAME_SECONDS * len(item.frames)
    if isinstance(item, Sound):
        return _SOUND_SECONDS + len(item.samples) / max(item.rate, 1) / _SOUNDED_A_SECOND
    if isinstance(item, str):
        return 0.01 + min(int(reading_lengths(item[:_READ]).sum()), _READ) / _READ_A_SECOND
    return 0.0  # refused by the encoder


def post_seconds(content: Content) -> float:
    """Estimate the seconds of one core for all modalities of a post."""
    return sum(map(seconds, (content.text, content.image, content.audio)))


def turns(items: Iterable[T], cost: Callable[[T], float], most: int) -> Iterator[list[T]]:
    """Cut items into batches for one turn each.

    Parameters
    ----------
    items : iterable
    cost : callable
        Item -> seconds of one core.
    most : int
        Items in a batch.

    Examples
    --------
    >>> [len(batch) for batch in turns("abcde", lambda item: 0.0, 2)]
    [2, 2, 1]
    """
    room = turn_seconds()
    batch: list[T] = []
    spent = 0.0
    for item in items:
        price = cost(item)
        if batch and (len(batch) == most or spent + price > room):
            yield batch
            batch, spent = [], 0.0
        batch.append(item)
        spent += price
    if batch:
        yield batch
