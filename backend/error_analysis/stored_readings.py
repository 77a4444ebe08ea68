"""Posts of a corpus with what was read in their media when they were imported.

Predictions and vectors of such a corpus rest on its readings, so every later prediction does,
too. Media that were changed since, by a corruption or an edit, are read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from backend.bundles.embedder import Embedder, Features
from backend.corpus import Corpus
from backend.corpus.content import content_of, post_of
from backend.domain import Content, Modality, Picture, Sound
from backend.recognition import wanted
from backend.text.reading import Reading


class StoredReadings:
    """Decodes the posts of one corpus, and encodes them with their readings.

    Parameters
    ----------
    corpus : Corpus
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        # None: this one was not read. The media themselves are the keys, whatever is done
        # to the posts around them.
        self._known: WeakKeyDictionary[Picture | Sound, Reading | None] = WeakKeyDictionary()

    @cached_property
    def _any(self) -> bool:
        return self._corpus.has_readings

    def content(self, row: Mapping[str, Any]) -> Content | None:
        """Return a post's text and decoded media; None when nothing of it can be read.

        Parameters
        ----------
        row : mapping
            Of the table of posts; see `backend.corpus.content.post_of`.
        """
        post = post_of(row)
        content = content_of(self._corpus, post, partial=True)
        if content is None:
            return None
        media = [medium for medium in (content.image, content.audio) if medium is not None]
        stored = self._corpus.readings([post.id]) if media and self._any else {}
        readings = stored.get(post.id, {})
        if content.image is not None:
            self._known[content.image] = readings.get(Modality.IMAGE)
        if content.audio is not None:
            self._known[content.audio] = readings.get(Modality.AUDIO)
        return content

    def of(self, post: Content) -> dict[Modality, Reading]:
        """Return what is known to be written and said in a post."""
        media = ((Modality.IMAGE, post.image), (Modality.AUDIO, post.audio))
        found = {m: self._known.get(medium) for m, medium in media if medium is not None}
        return {m: reading for m, reading in found.items() if reading is not None}

    def features(self, embedder: Embedder, posts: Sequence[Content]) -> list[Features]:
        """Encode posts with what is written and said in them."""
        if not self._any:
            return embedder.features(posts)
        readings = []
        for post in posts:
            found = self.of(post)
            media = ((Modality.IMAGE, post.image), (Modality.AUDIO, post.audio))
            changed = {m for m, medium in media if medium is not None and medium not in self._known}
            if unread := changed & wanted():
                found |= embedder.recognizer.read([post], unread)[0]
            readings.append(found)
        return embedder.features(posts, readings=readings)
