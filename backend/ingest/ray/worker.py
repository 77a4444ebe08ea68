"""What a worker does: decode, encode, place, predict. Knows nothing of Ray."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from backend.affect import AffectModel
from backend.bundles.bundle import open_bundle
from backend.bundles.embedder import Embedder
from backend.ingest.encode import encode_posts
from backend.ingest.media_loader import Loaded, decode
from backend.ingest.ray import messages
from backend.ingest.runner import CHUNK, EncodedPost
from backend.settings import settings


class Encoding:
    """The models of a bundle in a process of their own.

    Parameters
    ----------
    bundle : str
        Its directory, the same on every machine.
    """

    def __init__(self, bundle: str) -> None:
        opened = open_bundle(Path(bundle))
        self._embedder = Embedder(opened, settings().device)
        self._affect = AffectModel.load(opened)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Posts of `shipping.SENT` -> what became of them, `shipping.RETURNED`."""
        received = list(messages.receive(table))
        done: list[tuple[Loaded, EncodedPost | None]] = []
        with tempfile.TemporaryDirectory(prefix="kindred-") as name:
            folder = Path(name)
            for start in range(0, len(received), CHUNK):  # bounds what is decoded at a time
                some = [decode(item, folder) for _, item in received[start : start + CHUNK]]
                done += self._encode(some)
            return messages.give([key for key, _ in received], done, folder)

    def _encode(self, loaded: Sequence[Loaded]) -> list[tuple[Loaded, EncodedPost | None]]:
        usable = [item.content for item in loaded if item.content is not None]
        features = self._embedder.features(usable)
        made = encode_posts(self._embedder, self._affect, usable, features) if usable else []
        found = iter(made)
        return [(item, next(found) if item.content is not None else None) for item in loaded]
