"""Open the full-text index of a corpus; build it, or bring it up to date, when needed."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from backend.core.files import write_json
from backend.core.job_runners import start_process
from backend.core.lru import LRU
from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.corpus.full_text import FullText, FullTextReader, Seen
from backend.corpus.store import is_remote
from backend.domain import KindredError
from backend.settings import settings

AT_ONCE = 30_000  # posts that the first search waits for; more are indexed by another process
_NICE = 10
_RETRY = 30.0  # seconds until an index that could not be written is tried again
_readers: LRU[str, Held] = LRU(8)
_started: set[tuple[str, str]] = set()
_starting = threading.Lock()

log = logging.getLogger(__name__)


class Held(NamedTuple):
    """An open reader, what it is current for, and when it is looked at again."""

    key: tuple[str, str]
    reader: FullTextReader | None
    until: float = math.inf


def full_text_of(corpus: Corpus) -> FullText:
    """Where the full-text index of a corpus is: in the corpus, or in the workspace if remote."""
    if is_remote(corpus.uri):
        return FullText(settings().home / "indices" / _name(corpus) / "full-text")
    return FullText(Path(corpus.uri) / "indices" / "full-text")


def _name(corpus: Corpus) -> str:
    return hashlib.blake2b(corpus.uri.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def _demo_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for the indexes of a demo, which writes nothing in its home; gone at exit."""
    return tempfile.TemporaryDirectory(prefix="kindred-")


def nothing_seen(ids: Sequence[str]) -> dict[str, str]:
    """Return no words of images."""
    return {}


def open_full_text(corpus: Corpus, bundle: str, seen: Seen = nothing_seen) -> FullTextReader | None:
    """Open the index, up to date where that is quick; None until there is one.

    Many posts are indexed by another process, meanwhile the index is as it was. A demo keeps
    its indexes outside its home, and makes none of many posts.
    """
    key = (corpus.version, bundle)

    def open_() -> Held:
        snapshot, text = corpus.snapshot(), full_text_of(corpus)
        if text.is_current(snapshot, bundle):
            return Held(key, text.open())
        many = snapshot.info().posts > AT_ONCE
        if many and settings().demo:
            return Held(key, text.open())
        if settings().demo:
            text = FullText(Path(_demo_folder().name) / _name(corpus))
        if many:
            _begin(corpus.uri, bundle)
            return Held(key, text.open(), until=0)
        try:
            text.make(snapshot, bundle, seen)  # unless it is current
        except (OSError, KindredError) as error:  # a full or read-only disk, or a held lock
            log.warning("no full-text index can be written: %s", type(error).__name__)
            return Held(key, text.open(), until=time.monotonic() + _RETRY)
        return Held(key, text.open())

    def is_current(held: Held) -> bool:
        return held.key == key and time.monotonic() < held.until

    return _readers.get_or_make(corpus.uri, open_, is_current=is_current).reader


def make_full_text(
    corpus: Corpus, bundle: str, seen: Seen = nothing_seen, *, progress: Progress | None = None
) -> None:
    """Build the index or bring it up to date in this process."""
    full_text_of(corpus).make(corpus.snapshot(), bundle, seen, progress=progress)


def building(corpus: Corpus, bundle: str) -> tuple[int, int] | None:
    """Return the posts that are indexed and all posts while another process does it; else None."""
    with _starting:
        if (corpus.uri, bundle) not in _started:
            return None
    total = corpus.info().posts
    try:
        done = json.loads(_progress_file(corpus).read_text("utf-8"))["done"]
        return min(int(done), total), total
    except (OSError, ValueError, KeyError, TypeError):
        return 0, total  # it has just begun


def _progress_file(corpus: Corpus) -> Path:
    return full_text_of(corpus).folder / "progress.json"


def main(uri: str, bundle: str) -> None:
    """Index the words of a corpus, at low priority, and write how far it is."""
    os.nice(_NICE)
    corpus = Corpus.open(uri)
    file = _progress_file(corpus)

    def report(done: int, total: int) -> None:
        with suppress(OSError):
            write_json(file, {"done": done, "total": total})

    try:
        make_full_text(corpus, bundle, progress=report)
    finally:
        file.unlink(missing_ok=True)


def _begin(uri: str, bundle: str) -> None:
    """Start another process that builds the index, once for each corpus and bundle."""
    with _starting:
        if (uri, bundle) in _started:
            return
        _started.add((uri, bundle))
    process = start_process("backend.search.hybrid", [uri, bundle])

    def wait() -> None:
        if code := process.wait():
            log.warning("building the full-text index of %s failed with exit code %s", uri, code)
        with _starting:
            _started.discard((uri, bundle))

    threading.Thread(target=wait, daemon=True).start()
