"""A small labelled corpus: what people wrote, some with a drawing."""

from __future__ import annotations

import shutil
from pathlib import Path

from backend.corpus import Corpus
from backend.domain import Post
from backend.settings import ASSETS

DRAWINGS = sorted((ASSETS / "corpus" / "media" / "openclipart").glob("*.webp"))[:2]
MOODS = {
    "glad": ["What a lovely day", "I love this song", "So happy with my new bike"],
    "low": ["I miss you so much", "Everything went wrong today", "This rain will never stop"],
}
TOPICS = ["work", "school", "the sea", "dinner", "the garden", "football", "music", "the train"]


def corpus(home: Path, name: str = "moods", *, posts: int = 60) -> Corpus:
    """A corpus with the labels ``mood`` (two classes), ``place`` (one) and ``number`` (too many).

    Every third post has a drawing that goes with its mood; nobody made a sound.
    """
    made = Corpus.create(home / "corpora" / name, name=name)
    for mood, drawing in zip(MOODS, DRAWINGS, strict=True):
        shutil.copyfile(drawing, made.new_media(f"{mood}.webp"))
    rows = []
    for i in range(posts):
        mood = list(MOODS)[i % 2]
        text = f"{MOODS[mood][i % 3]}, says {TOPICS[i % 8]} number {i}"
        rows.append(
            Post(
                f"p{i:03d}",
                text=text,
                image=f"{mood}.webp" if i % 3 == 0 else None,
                user=f"u:{i % 15}",
                labels={"mood": mood, "place": "here", "number": str(i)},
            )
        )
    made.add(rows)
    return made
