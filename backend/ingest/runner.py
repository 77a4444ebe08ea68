"""Run an import: encode the posts of a source shard by shard, then commit them at once."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import pyarrow as pa

from backend.core.files import write_json
from backend.corpus import bulk_commit
from backend.domain import KindredError, Reaction
from backend.ingest import vocabulary
from backend.ingest.drafts import Draft, Notice, drafts
from backend.ingest.encoded_post import EncodedPost, ImportModels
from backend.ingest.existing import ExistingPosts
from backend.ingest.import_job import ImportJob, ImportState
from backend.ingest.language_process import with_languages
from backend.ingest.media_loader import LoadedDraft, load
from backend.ingest.prefetch import prefetch
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers.archives import open_tree
from backend.ingest.readers.file_tree import Tree
from backend.ingest.shards import Shard, Shards
from backend.settings import settings

SHARD_ITEMS = 256  # items of a source in a shard: the most that a killed import repeats
CHUNK = 32  # posts encoded at a time
CHUNK_BYTES = 64 * 2**20  # of decoded media, after which a chunk ends early
STEP = 4  # drafts loaded at a time, between two checks of `CHUNK_BYTES`
# How the storage library words ENOSPC, EFBIG and EDQUOT.
_FULL = re.compile(r"No space left|File too large|os error (28|27|122)\b")
NOTICES = "notices.json"
_RATE_SECONDS = 30.0  # window of the rate
_REPORT_SECONDS = 0.2  # between two reports of how far it is


Item = Draft | Notice | Reaction


class Stopped(Exception):
    """The import was paused or cancelled."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Loaded drafts, encoded together; with all items of a shard where one begins."""

    drafts: list[LoadedDraft]
    shard_items: list[Item] | None
    ends_shard: bool


class ImportPipeline:
    """Runs one import.

    Parameters
    ----------
    job : ImportJob
    corpus : pathlib.Path or str
        Existing or new corpus: a directory, or a URI of object storage.
    models : ImportModels
    known : callable
        Return the posts that the corpus already has.
    keys : Pseudonyms, optional
    stop : callable
        Called between steps, by several threads; true stops the import.
    on_progress : callable
        Called with each new `ImportState`.
    """

    BULK: ClassVar[int] = 1  # times as many items in a shard and a chunk, where they take no time

    def __init__(
        self,
        job: ImportJob,
        corpus: Path | str,
        models: ImportModels,
        *,
        known: Callable[[], ExistingPosts],
        keys: Pseudonyms | None = None,
        stop: Callable[[], bool] = lambda: False,
        on_progress: Callable[[ImportState], None] = lambda state: None,
    ) -> None:
        self.job, self._corpus, self._models = job, corpus, models
        self._known, self._keys = known, keys
        self._stop, self._on_progress = stop, on_progress
        self._shards = Shards(job.folder / "parts")
        self._times: deque[tuple[float, int]] = deque(maxlen=4096)
        self._reported = 0.0  # when its progress was last written
        self.state = ImportState(total=job.rows)

    def run(self) -> ImportState:
        """Import, resuming where it stopped.

        Returns
        -------
        ImportState
            ``done``, ``paused`` or ``failed``.

        Raises
        ------
        KindredError
            ``import_busy``; every other failure is reported in the state.
        """
        with self.job.exclusive():
            if self.job.state().stage == "done":  # killed while it cleaned up, or started twice
                self.state = self.job.state()
                self._clean_up()
                return self.state
            try:
                self._run()
            except Stopped:
                self._set_state(stage="paused", rate=0.0, left=None)
            except KindredError as error:
                self._fail(_disk_full(self.job.folder) if _FULL.search(error.message) else error)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise
                self._fail(_disk_full(self.job.folder))
        return self.state

    def _fail(self, error: KindredError) -> None:
        try:
            self._set_state(stage="failed", error=error.message, rate=0.0, left=None)
        except OSError:  # the disk is full: report it to the caller at least
            self.state = replace(self.state, stage="failed", error=error.message)
            self._on_progress(self.state)

    def _set_state(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.job.report(self.state)
        self._on_progress(self.state)

    def _run(self) -> None:
        tree = open_tree(self.job.source)
        try:
            existing = self._known()
            self._discard_stale_shards(tree, existing)
            counts = self._shards.counts()
            rows = counts.pop("rows")
            self._set_state(stage="encoding", error="", done=rows, **counts)
            stream = drafts(tree, self.job.format, self.job.options, self._keys)
            number = len(self._shards)
            for _ in islice(stream, number * SHARD_ITEMS * self.BULK):
                pass  # already encoded; reading them again is cheap
            with (
                closing(with_languages(stream)) as identified,
                closing(self._encode_shards(identified, tree, existing)) as shards,
            ):
                for shard in shards:
                    self._shards.write(number, shard)
                    number += 1
        finally:
            tree.close()
        self._finish()

    def _discard_stale_shards(self, tree: Tree, existing: ExistingPosts) -> None:
        """Discard the shards when the source, the bundle or the corpus has changed since."""
        stamp = {
            "source": tree.stamp(),
            "bundle": self._models.bundle,
            # Shards leave out posts that this corpus already has; without a corpus, none.
            "corpus": existing.corpus,
        } | ({"bulk": self.BULK} if self.BULK > 1 else {})
        file = self.job.folder / "stamp.json"
        if file.is_file():
            old_stamp = {"corpus": "", **json.loads(file.read_text("utf-8"))}
            if old_stamp == (stamp if old_stamp["corpus"] else {**stamp, "corpus": ""}):
                return
        shutil.rmtree(self._shards.folder, ignore_errors=True)
        write_json(file, stamp)

    def _encode_shards(
        self, stream: Iterator[Item], tree: Tree, existing: ExistingPosts
    ) -> Generator[Shard, None, None]:
        """Yield encoded shards of the rest of a source, of `SHARD_ITEMS` times `BULK` items each.

        `RayImportPipeline` overrides this method.
        """
        shard = Shard()
        with (
            closing(prefetch(self._chunks(stream, tree, existing))) as chunks,
            closing(prefetch((chunk, self._encoding(chunk)) for chunk in chunks)) as encoded,
        ):
            for chunk, finish in encoded:
                self._check_stop()
                if chunk.shard_items is not None:
                    shard = start_shard(chunk.shard_items)
                    self._add_progress(sum(_skips_row(item) for item in chunk.shard_items))
                results = iter(finish())
                self._add_posts(
                    shard, ((d, next(results) if self._takes(d) else None) for d in chunk.drafts)
                )
                self._add_progress(len(chunk.drafts))
                if chunk.ends_shard:
                    yield shard

    def _chunks(
        self, stream: Iterator[Item], tree: Tree, existing: ExistingPosts
    ) -> Iterator[Chunk]:
        """Yield loaded drafts in chunks to encode together, marking where shards begin and end."""

        def loaded(draft: Draft) -> LoadedDraft:
            return load(draft, tree, self.job.folder, existing)

        # Own threads: in the queue of the encoders' workers, loading would wait for encoding.
        with ThreadPoolExecutor(STEP, thread_name_prefix="read") as readers:
            while items := list(islice(stream, SHARD_ITEMS * self.BULK)):
                remaining = deque(item for item in items if isinstance(item, Draft))
                shard_items: list[Item] | None = items
                while remaining or shard_items is not None:
                    loaded_drafts: list[LoadedDraft] = []
                    nbytes = 0
                    while (
                        remaining
                        and len(loaded_drafts) < CHUNK * self.BULK
                        and nbytes < CHUNK_BYTES
                    ):
                        self._check_stop()
                        step = [remaining.popleft() for _ in range(min(STEP, len(remaining)))]
                        has_media = any(draft.image or draft.audio for draft in step)
                        batch = list((readers.map if has_media else map)(loaded, step))
                        nbytes += sum(map(_decoded_bytes, batch))
                        loaded_drafts += batch
                    yield Chunk(loaded_drafts, shard_items, ends_shard=not remaining)
                    shard_items = None

    def _check_stop(self) -> None:
        if self._stop():
            raise Stopped

    def _takes(self, loaded: LoadedDraft) -> bool:
        """Whether a draft is encoded."""
        return loaded.content is not None

    def _encoding(self, chunk: Chunk) -> Callable[[], list[EncodedPost]]:
        self._check_stop()
        return self._models.start_encoding([d.content for d in chunk.drafts if d.content])

    def _add_posts(
        self, shard: Shard, encoded: Iterable[tuple[LoadedDraft, EncodedPost | None]]
    ) -> None:
        for item, encoding in encoded:
            draft = item.draft
            shard.rows += 1
            shard.reactions += draft.reactions
            shard.unchanged += item.unchanged
            notices = list(item.notices)
            for modality, reason in encoding.reasons.items() if encoding else ():
                message = f"The {modality} of this post is not used: {reason}"
                notices.append(Notice(draft.number, "not_encoded", message, skips_row=False))
            if encoding is None or not encoding.vectors:
                shard.skipped += not item.unchanged
                shard.notices += [replace(n, skips_row=not item.unchanged) for n in notices]
                continue
            shard.notices += notices
            post = replace(draft.post, image=item.image, audio=item.audio)
            shard.posts.append(post)
            shard.fingerprints[post.id] = item.fingerprint
            shard.groups[post.id] = _group(item)
            self._add_vectors(shard, item, encoding)
            if encoding.readings:
                shard.readings[post.id] = encoding.readings
            if encoding.affect is not None:
                shard.predictions[post.id] = encoding.affect
            if draft.user is not None:
                shard.users.setdefault(draft.user.id, draft.user)

    def _add_vectors(self, shard: Shard, draft: LoadedDraft, encoding: EncodedPost) -> None:
        shard.add_vectors(draft.draft.post.id, encoding.vectors)

    def _words(self) -> tuple[Sequence[str], np.ndarray]:
        """Return the words of the corpus that get a vector, and their vectors."""
        return self._models.word_vectors(vocabulary.words(self._shards.texts()))

    def _side_tables(self) -> dict[str, pa.Table]:
        """Return what else is written with the posts."""
        return {}

    def _add_progress(self, rows: int) -> None:
        now = time.monotonic()
        done = self.state.done + rows
        self._times.append((now, done))
        while len(self._times) > 2 and now - self._times[0][0] > _RATE_SECONDS:
            self._times.popleft()
        before, seconds = self._times[0][1], now - self._times[0][0]
        rate = (done - before) / seconds if seconds > 0.5 else self.state.rate
        total = self.state.total  # 0 where it is not known before
        left = max(0, total - done) / rate if total and rate > 0 else None
        self.state = replace(self.state, done=done, rate=rate, left=left)
        if now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self.job.report(self.state)
        self._on_progress(self.state)

    def _finish(self) -> None:
        """Commit the posts to the corpus in one step."""
        counts = self._shards.counts()
        rows = counts.pop("rows")
        self._set_state(stage="finishing", done=rows, total=rows, left=None, **counts)
        if counts["posts"]:
            self._commit(counts["posts"])
        notices = islice(self._shards.notices(), settings().limits.problems)
        notice_rows = [[n.number, n.code, n.message, n.skips_row] for n in notices]
        write_json(self.job.folder / NOTICES, notice_rows)
        self._set_state(stage="done", rate=0.0, left=0.0)
        self._clean_up()

    def _clean_up(self) -> None:
        for name in ("parts", "media", "fetched"):
            shutil.rmtree(self.job.folder / name, ignore_errors=True)

    def _commit(self, posts: int) -> None:
        job = self.job
        bundle = self._models.bundle
        record = bulk_commit.Import(job.run, job.source.name, job.format, bundle, posts)
        data = bulk_commit.ImportData(
            batches=self._shards.batches,
            user_vectors=self._models.user_vectors,
            words=self._words(),
            media=job.folder / "media",
            media_names=self._shards.media,
            side_tables=self._side_tables(),
        )
        bulk_commit.commit(self._corpus, job.corpus, record, data)


def start_shard(items: Sequence[Item]) -> Shard:
    """Start a shard with the items that need no encoding: notices and reactions."""
    shard = Shard()
    for item in items:
        if isinstance(item, Notice):
            shard.rows += item.skips_row
            shard.skipped += item.skips_row
            shard.notices.append(item)
        elif not isinstance(item, Draft):
            shard.reactions.append(item)
    return shard


def _skips_row(item: Item) -> bool:
    return isinstance(item, Notice) and item.skips_row


def _decoded_bytes(loaded: LoadedDraft) -> int:
    """Return the bytes that its decoded media take in memory."""
    return loaded.content.nbytes if loaded.content else 0


def _group(item: LoadedDraft) -> str:
    """Return a group name that posts with equal text and media share."""
    post = item.draft.post
    # Images were once stored as WebP: keep the groups of posts imported then.
    image = str(PurePosixPath(item.image).with_suffix(".webp")) if item.image else ""
    content = "\0".join([post.text or "", image, item.audio or ""])
    return "same-" + hashlib.sha256(content.encode()).hexdigest()[:20]


def _disk_full(folder: Path) -> KindredError:
    return KindredError(
        "disk_full",
        f"The disk that holds {folder.parent} is full. The corpus is unchanged; free some space "
        "and resume the import.",
    )
