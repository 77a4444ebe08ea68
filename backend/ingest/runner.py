"""An import at work: rows to posts with vectors, part by part, then one commit."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np

from backend.corpus import bulk_commit
from backend.domain import Affect, Content, Kind, KindredError, Modality, Reaction
from backend.ingest import vocabulary
from backend.ingest.drafts import Draft, Notice, drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.job import Job, State, write_json
from backend.ingest.media_loader import Loaded, load
from backend.ingest.prefetch import ahead
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.file_tree import Tree
from backend.ingest.shards import Shard, Shards
from backend.settings import settings

PART = 256  # items of a source; what a killed import does again at most
CHUNK = 32  # posts encoded at a time
CHUNK_BYTES = 64 * 2**20  # of decoded media, beyond which a chunk is cut
STEP = 4  # drafts read at a time, between two looks at their bytes
# What the store's library says of ENOSPC, EFBIG and EDQUOT.
_FULL = re.compile(r"No space left|File too large|os error (28|27|122)\b")
NOTICES = "notices.json"
_LATELY = 30.0  # seconds that the rate is taken over


Item = Draft | Notice | Reaction


class Stopped(Exception):
    """Somebody paused or cancelled the import."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPost:
    """What the models make of one post."""

    vectors: Mapping[Kind, np.ndarray]
    affect: Affect | None
    reasons: Mapping[Modality, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Loaded drafts; with the items of a part where one begins."""

    loaded: list[Loaded]
    begins: list[Item] | None
    ends: bool


class ImportModels:
    """What an import needs of a bundle.

    Attributes
    ----------
    bundle : str
        Its name.
    """

    bundle: str

    def encode(self, contents: Sequence[Content]) -> list[EncodedPost]:
        """Vectors and predictions of posts, in their order."""
        raise NotImplementedError

    def encoding(self, contents: Sequence[Content]) -> Callable[[], list[EncodedPost]]:
        """Do the part of `encode` that takes the time; what is returned does the rest.

        The rest may be done while the next posts are encoded.
        """
        made = self.encode(contents)
        return lambda: made

    def users(self, sums: np.ndarray) -> np.ndarray:
        """Sums of post vectors ``(n, dim)`` -> vectors of users."""
        raise NotImplementedError

    def words(self, words: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """The words that have a vector, and their vectors."""
        raise NotImplementedError


class Runner:
    """Works on one import.

    Parameters
    ----------
    job : Job
    corpus : pathlib.Path or str
        Where the corpus is, or will be: a directory, or a URI of object storage.
    models : ImportModels
    known : callable
        Gives what the corpus has.
    keys : Pseudonyms, optional
    stop : callable
        Asked between steps, by several threads; true stops the import.
    tell : callable
        Called with each new `State`.
    """

    def __init__(
        self,
        job: Job,
        corpus: Path | str,
        models: ImportModels,
        *,
        known: Callable[[], ExistingPosts],
        keys: Pseudonyms | None = None,
        stop: Callable[[], bool] = lambda: False,
        tell: Callable[[State], None] = lambda state: None,
    ) -> None:
        self.job, self._corpus, self._models = job, corpus, models
        self._known, self._keys, self._stop, self._told = known, keys, stop, tell
        self._parts = Shards(job.folder / "parts")
        self._times: deque[tuple[float, int]] = deque(maxlen=4096)
        self.state = State(total=job.rows)

    def run(self) -> State:
        """Import, from where it was left.

        Returns
        -------
        State
            ``done``, ``paused`` or ``failed``.

        Raises
        ------
        KindredError
            ``import_busy``; every other failure is in the state.
        """
        with self.job.held():
            if self.job.state().stage == "done":  # killed while it tidied up, or asked twice
                self.state = self.job.state()
                self._tidy()
                return self.state
            try:
                self._run()
            except Stopped:
                self._say(stage="paused", rate=0.0, left=None)
            except KindredError as error:
                self._fail(_disk_full(self.job.folder) if _FULL.search(error.message) else error)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise
                self._fail(_disk_full(self.job.folder))
        return self.state

    def _fail(self, error: KindredError) -> None:
        try:
            self._say(stage="failed", error=error.message, rate=0.0, left=None)
        except OSError:  # the disk is full: at least who waits is told
            self.state = replace(self.state, stage="failed", error=error.message)
            self._told(self.state)

    def _say(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.job.tell(self.state)
        self._told(self.state)

    def _run(self) -> None:
        tree = open_tree(self.job.source)
        try:
            known = self._known()
            self._fresh(tree, known)
            rows, posts, same, lost = self._parts.counts()
            self._say(stage="encoding", error="", done=rows, posts=posts, same=same, lost=lost)
            stream = drafts(tree, self.job.format, self.job.options, self._keys)
            number = len(self._parts)
            for _ in islice(stream, number * PART):
                pass  # done before; reading them again costs little
            for part in self._made(stream, tree, known):
                self._parts.write(number, part)
                number += 1
        finally:
            tree.close()
        self._finish()

    def _fresh(self, tree: Tree, known: ExistingPosts) -> None:
        """Start over when the source, the models or the corpus are no longer those of the parts."""
        stamp = {
            "source": tree.stamp(),
            "bundle": self._models.bundle,
            # Parts say what this corpus has already. Where there was none, they say nothing.
            "corpus": known.corpus,
        }
        file = self.job.folder / "stamp.json"
        if file.is_file():
            kept = {"corpus": "", **json.loads(file.read_text("utf-8"))}
            if kept == (stamp if kept["corpus"] else {**stamp, "corpus": ""}):
                return
        shutil.rmtree(self._parts.folder, ignore_errors=True)
        write_json(file, stamp)

    def _made(self, stream: Iterator[Item], tree: Tree, known: ExistingPosts) -> Iterator[Shard]:
        """The parts of the rest of a source, each of the next `PART` items.

        What takes the time: another engine puts its own in the place of this one.
        """
        part = Shard()
        with (
            closing(ahead(self._chunks(stream, tree, known))) as chunks,
            closing(ahead((chunk, self._encoding(chunk)) for chunk in chunks)) as encoded,
        ):
            for chunk, finish in encoded:
                if self._stop():
                    raise Stopped
                if chunk.begins is not None:
                    part = begun(chunk.begins)
                    self._progress(sum(isinstance(item, Notice) for item in chunk.begins))
                made = iter(finish())
                self._take(part, ((d, next(made) if d.content else None) for d in chunk.loaded))
                self._progress(len(chunk.loaded))
                if chunk.ends:
                    yield part

    def _chunks(self, stream: Iterator[Item], tree: Tree, known: ExistingPosts) -> Iterator[_Chunk]:
        """Loaded drafts, so many as are encoded at a time, and where parts begin and end."""

        def loaded(draft: Draft) -> Loaded:
            return load(draft, tree, self.job.folder, known)

        # Not the encoders' workers: behind a chunk in their queue, the next would come late.
        with ThreadPoolExecutor(STEP, thread_name_prefix="read") as readers:
            while items := list(islice(stream, PART)):
                rest = deque(item for item in items if isinstance(item, Draft))
                begins: list[Item] | None = items
                while rest or begins is not None:
                    some: list[Loaded] = []
                    weight = 0
                    while rest and len(some) < CHUNK and weight < CHUNK_BYTES:
                        if self._stop():
                            raise Stopped
                        step = [rest.popleft() for _ in range(min(STEP, len(rest)))]
                        few = list(readers.map(loaded, step))
                        weight += sum(map(_decoded, few))
                        some += few
                    yield _Chunk(some, begins, ends=not rest)
                    begins = None

    def _encoding(self, chunk: _Chunk) -> Callable[[], list[EncodedPost]]:
        if self._stop():
            raise Stopped
        return self._models.encoding([d.content for d in chunk.loaded if d.content])

    def _take(self, part: Shard, encoded: Iterable[tuple[Loaded, EncodedPost | None]]) -> None:
        for item, found in encoded:
            draft = item.draft
            part.rows += 1
            part.reactions += draft.reactions
            part.same += item.same
            notices = list(item.notices)
            if found is not None:
                notices += [
                    Notice(draft.number, "not_encoded", f"Its {m} is not used: {reason}", False)
                    for m, reason in found.reasons.items()
                ]
            if found is None or not found.vectors:
                part.lost += not item.same
                part.notices += [replace(n, lost=not item.same) for n in notices]
                continue
            part.notices += notices
            post = replace(draft.post, image=item.image, audio=item.audio)
            part.posts.append(post)
            part.fingerprints[post.id] = item.fingerprint
            part.groups[post.id] = _group(item)
            part.place(post.id, dict(found.vectors))
            if found.affect is not None:
                part.predictions[post.id] = found.affect
            if draft.user is not None:
                part.users.setdefault(draft.user.id, draft.user)

    def _progress(self, rows: int) -> None:
        now = time.monotonic()
        done = self.state.done + rows
        self._times.append((now, done))
        while len(self._times) > 2 and now - self._times[0][0] > _LATELY:
            self._times.popleft()
        before, spent = self._times[0][1], now - self._times[0][0]
        rate = (done - before) / spent if spent > 0.5 else self.state.rate
        left = max(0, self.state.total - done) / rate if rate > 0 else None
        self._say(done=done, rate=rate, left=left)

    def _finish(self) -> None:
        """Make what the posts share, and change the corpus in one step."""
        rows, posts, same, lost = self._parts.counts()
        self._say(
            stage="finishing", done=rows, total=rows, posts=posts, same=same, lost=lost, left=None
        )
        if posts:
            self._commit(posts)
        listed = islice(self._parts.notices(), settings().limits.problems)
        rows_told = [[n.number, n.code, n.message, n.lost] for n in listed]
        write_json(self.job.folder / NOTICES, rows_told)
        self._say(stage="done", rate=0.0, left=0.0)
        self._tidy()

    def _tidy(self) -> None:
        for name in ("parts", "media", "fetched"):
            shutil.rmtree(self.job.folder / name, ignore_errors=True)

    def _commit(self, posts: int) -> None:
        job = self.job
        record = bulk_commit.Import(
            job.run, job.source.name, job.format, self._models.bundle, posts
        )
        bulk_commit.commit(
            self._corpus,
            job.corpus,
            record,
            self._parts.batches,
            users=self._models.users,
            words=self._models.words(vocabulary.words(self._parts.texts())),
            media=job.folder / "media",
            named=self._parts.media,
        )


def begun(items: Sequence[Item]) -> Shard:
    """A part with what some items of a source give without being encoded."""
    part = Shard()
    for item in items:
        if isinstance(item, Notice):
            part.rows += 1
            part.lost += 1
            part.notices.append(item)
        elif not isinstance(item, Draft):
            part.reactions.append(item)
    return part


def _decoded(loaded: Loaded) -> int:
    """Bytes that its media take in memory: a few, or eight frames of a megapixel."""
    content = loaded.content
    if content is None:
        return 0
    frames = content.image.frames if content.image else ()
    return sum(frame.nbytes for frame in frames) + (
        content.audio.samples.nbytes if content.audio else 0
    )


def _group(item: Loaded) -> str:
    """The same for posts that say and show the same."""
    post = item.draft.post
    # Stills were WebP once: what was imported then must be in one group with what is now.
    image = str(PurePosixPath(item.image).with_suffix(".webp")) if item.image else ""
    said = "\0".join([post.text or "", image, item.audio or ""])
    return "same-" + hashlib.sha256(said.encode()).hexdigest()[:20]


def _disk_full(folder: Path) -> KindredError:
    return KindredError(
        "disk_full",
        f"The disk that holds {folder.parent} is full. The corpus is as it was; free some space "
        "and resume.",
    )
