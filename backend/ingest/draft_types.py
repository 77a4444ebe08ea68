"""A post of a source before its media are read, and what is said of its row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from backend.domain import Kind, Post, Reaction, User


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Where the bytes of an image or a sound are; exactly one field is set."""

    name: str = ""  # of a file in the source
    url: str = ""
    data: bytes = b""

    @property
    def label(self) -> str:
        """Name for messages."""
        return self.name or self.url[:120] or "the embedded file"


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem with a row, for the import report.

    Attributes
    ----------
    number : int
        Number of the row; 0 for the source as a whole.
    code, message : str
    skips_row : bool
        Whether the row gives no post.
    """

    number: int
    code: str
    message: str
    skips_row: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A post whose media have not been read yet.

    Attributes
    ----------
    number : int
        Number of its row.
    post : Post
        Without media.
    image, audio : MediaRef or None
    user : User or None
    reactions : tuple of Reaction
    notices : tuple of Notice
        Problems that cost some of its content.
    language_open : bool
        Whether its language has still to be identified from its text.
    vectors : mapping of Kind to numpy.ndarray
        Those that came with the row, of unit length.
    """

    number: int
    post: Post
    image: MediaRef | None = None
    audio: MediaRef | None = None
    user: User | None = None
    reactions: tuple[Reaction, ...] = ()
    notices: tuple[Notice, ...] = ()
    language_open: bool = False
    vectors: Mapping[Kind, np.ndarray] = field(default_factory=dict)

    def with_language(self, language: str | None) -> Draft:
        """Return the draft with the language that its text was found to have."""
        return replace(self, post=replace(self.post, language=language), language_open=False)

    def fingerprint(self) -> str:
        """Hash everything in the row, media by name, address or embedded bytes."""
        values = [
            getattr(self.post, name)
            for name in ("id", "text", "user", "language", "title", "tags", "licence", "url")
        ]
        values += [str(self.post.time), sorted(self.post.labels.items())]
        for medium in (self.image, self.audio):
            data = hashlib.sha256(medium.data).hexdigest() if medium else ""
            values.append([medium.name, medium.url, data] if medium else None)
        digest = hashlib.sha256(json.dumps(values).encode())
        for kind, vector in self.vectors.items():
            digest.update(kind.encode() + vector.tobytes())
        return digest.hexdigest()[:32]
