"""Finding the families of a corpus: texts, and pictures as files of their own.

    python -m bench families [--posts 100000] [--pictures 20000]

Each text is put together of words of the shipped corpus; one in twenty is an edit of another, and
one in twenty follows one template. The pictures are those of the shipped corpus under new names:
each is read and hashed again. No sound, and no vectors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.corpus import Corpus
from backend.corpus.bulk_commit import link_or_copy
from backend.domain import Post
from backend.families import storage
from backend.families.find import find
from backend.settings import ASSETS, SEED

_EDITED = 20  # one text in so many is an edit of another


def make(folder: Path, size: int, pictures: int) -> Corpus:
    """Write the corpus."""
    rng = np.random.default_rng(SEED)
    shipped = pq.read_table(ASSETS / "corpus" / "posts.parquet", columns=["text", "image"])
    words = np.array(" ".join(text for text in shipped["text"].to_pylist() if text).split())
    files = [file for file in shipped["image"].to_pylist() if file]
    corpus = Corpus.create(folder / "families")
    (folder / "families" / "media").mkdir(exist_ok=True)
    posts: list[Post] = []
    for number in range(size):
        some = " ".join(rng.choice(words, 18))
        if number % _EDITED == 1:
            text = f"Please share: {posts[int(rng.integers(number))].text} Thank you!"
        elif number % _EDITED == 2:
            text = f"The weather in {some[:12]} today, with more on our page for members: {number}"
        else:
            text = some
        image = None
        if number < pictures:
            image = f"{number}.webp"
            source = ASSETS / "corpus" / "media" / files[number % len(files)]
            link_or_copy(source, folder / "families" / "media" / image)
        time_ = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        user = f"made:{int(rng.integers(5_000))}"
        posts.append(Post(f"p{number}", text=text, image=image, user=user, time=time_))
    for start in range(0, size, 20_000):
        corpus.add(posts[start : start + 20_000])
    return corpus


def main() -> None:
    """Print how long it takes."""
    parser = argparse.ArgumentParser(prog="python -m bench families", description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=20_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = make(Path(folder), args.posts, args.pictures)
        start = time.perf_counter()
        storage.put(corpus, "none", find(corpus, "none"))
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        found = storage.get(corpus, "none")
        read = time.perf_counter() - start
    assert found is not None
    print(f"| families among {args.posts:,} posts, {args.pictures:,} with pictures | |\n|---|---|")
    print(f"| found, s | {seconds:.0f} |")
    print(f"| read again, s | {read:.1f} |")
    print(f"| families | {len(found.all):,} |")


if __name__ == "__main__":
    main()
