"""What one source hands to the assembly: a post before its media are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(slots=True)
class Row:
    """One post with where its media come from.

    Attributes
    ----------
    id : str
        Stable across builds: made of the source's own order or names.
    source, licence : str
        Source name as in ``sources.json`` and an SPDX identifier.
    original : str
        Name of the item in its package.
    picture : Path, optional
        Rendered PNG; written as WebP by the assembly.
    side : int
        Of the picture, in pixels at most.
    sound : tuple of (Path, float, float), optional
        File, first second and length in seconds.
    clip : Path, optional
        A video; its frames and its sound become those of the post.
    group : str, optional
        Posts of one group are the same thing again and must never be split
        between training and test; `groups.join` merges near-identical images.
    copy : str, optional
        Posts with one value show the same pixels; an author posts them once.
    author : str, optional
        Display name; the user id is made of it.
    rank : tuple
        Which of an author's posts stay when there are too many: lowest first.
    """

    id: str
    source: str
    licence: str
    original: str
    text: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    language: str | None = None
    time: datetime | None = None
    url: str | None = None
    picture: Path | None = None
    side: int = 256
    sound: tuple[Path, float, float] | None = None
    clip: Path | None = None
    group: str | None = None
    copy: str | None = None
    user: str | None = None
    author: str | None = None
    rank: tuple = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where posts come from, as the Overview page tells it."""

    name: str
    title: str
    description: str
    package: str
    licence: str
    licence_name: str
    url: str
    notice: str
