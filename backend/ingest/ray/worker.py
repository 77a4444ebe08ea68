"""The worker of a cluster: decode, encode and predict posts. Independent of Ray."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from backend.affect import AffectModel
from backend.bundles.bundle import open_bundle
from backend.bundles.embedder import Embedder
from backend.core.process_tuning import tune_process
from backend.domain import Modality
from backend.ingest.encode import encode_posts
from backend.ingest.encoded_post import EncodedPost
from backend.ingest.media_loader import LoadedDraft, decode
from backend.ingest.ray import messages
from backend.ingest.runner import CHUNK
from backend.settings import settings


class EncodingWorker:
    """Encodes posts with a bundle, in a separate process.

    Parameters
    ----------
    bundle : str
        Directory of the bundle, the same on every machine.
    read : sequence of str
        Of image and audio: the modalities whose words are read.
    """

    def __init__(self, bundle: str, read: Sequence[str] = ()) -> None:
        tune_process()
        self._read = [Modality(name) for name in read]
        opened = open_bundle(Path(bundle))
        self._embedder = Embedder(opened, settings().device)
        self._affect = AffectModel.load(opened)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Encode a table of `messages.POSTS_SCHEMA`; return one of `messages.RESULTS_SCHEMA`."""
        posts = list(messages.posts_from_table(table))
        results: list[tuple[LoadedDraft, EncodedPost | None]] = []
        with tempfile.TemporaryDirectory(prefix="kindred-") as name:
            folder = Path(name)
            for start in range(0, len(posts), CHUNK):  # bounds what is decoded at a time
                decoded = [decode(item, folder) for _, item in posts[start : start + CHUNK]]
                results += self._encode(decoded)
            return messages.results_to_table([key for key, _ in posts], results, folder)

    def _encode(
        self, loaded: Sequence[LoadedDraft]
    ) -> list[tuple[LoadedDraft, EncodedPost | None]]:
        usable = [item.content for item in loaded if item.content is not None]
        features = self._embedder.features(usable, read=self._read)
        encoded = encode_posts(self._embedder, self._affect, usable, features) if usable else []
        remaining = iter(encoded)
        return [(item, next(remaining) if item.content is not None else None) for item in loaded]
