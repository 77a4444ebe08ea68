"""Fit again what hashtags say; the heads, and what has no such hashtag, stay as they are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from safetensors.numpy import save

from assets.build import readings
from assets.build.larkhaven import outputs
from backend import encoders
from backend.affect.fitting import labels
from backend.affect.fitting.hashtags import fit_hashtags
from backend.affect.fitting.labelled_texts import rate
from backend.affect.hashtags import TABLE, TaggedFeelings
from backend.affect.text import TextHead
from backend.bundles.bundle import open_bundle
from backend.bundles.writing import put_file, rewrite_card
from backend.corpus.content import content_of
from backend.corpus.schema import predictions_table
from backend.domain import Affect, Modality
from backend.ingest.encode import encode_posts
from backend.joint_space import shipped_pairs
from backend.settings import ASSETS, SHIPPED_CORPORA, SYNTHETIC_CORPUS, settings
from backend.training.feature_cache import FeatureCache
from backend.workspace import model_card
from backend.workspace.workspace import Workspace

_COUNTS = "\n## Counts"  # from here on, the card tells what the last fit counted and measured


def main() -> None:
    """Write the table into the default bundle, its card, and the predictions that it changes."""
    name = settings().bundle
    path = ASSETS / "bundles" / name
    bundle = open_bundle(path)
    tensors = {k: v for k, v in bundle.tensors("affect").items() if k not in TABLE}
    encoder = encoders.get(
        bundle.encoders[Modality.TEXT], modality=Modality.TEXT, device=settings().device
    )
    words, sentiment = labels.rated_words()
    rated = rate(words, FeatureCache().texts(encoder, words), sentiment)
    table = fit_hashtags(TextHead(tensors), rated)
    everything = tensors | table
    contiguous = {k: np.ascontiguousarray(everything[k]) for k in sorted(everything)}
    put_file(path, "affect.safetensors", save(contiguous))
    card = model_card.write(name, bundle.encoders, bundle.metrics, shipped_pairs.rows())
    rewrite_card(path, card.partition(_COUNTS)[0] + "".join(bundle.card.partition(_COUNTS)[1:]))
    for corpus, folder in SHIPPED_CORPORA.items():
        file = folder / "predictions" / f"{name}.parquet"
        if predicted := _predicted(corpus, TaggedFeelings(table)):
            level = 9 if corpus == SYNTHETIC_CORPUS else None  # as its own step writes it
            rows = _replaced(pq.read_table(file), predicted)
            pq.write_table(rows, file, compression="zstd", compression_level=level)
    readings.checksums()
    outputs.checksums()


def _predicted(name: str, tagged: TaggedFeelings) -> dict[str, Affect]:
    """Predict the posts of a shipped corpus whose text has a hashtag that names a feeling."""
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        corpus = workspace.corpus(name)
        rows = corpus.table(["id", "text"]).to_pylist()
        evidence = tagged([row["text"] for row in rows], np.ones(len(rows)))
        ids = [row["id"] for row, some in zip(rows, evidence, strict=True) if some.any()]
        posts = list(corpus.posts(ids).values())
        contents = [content_of(corpus, post) for post in posts]
        assert all(content is not None for content in contents)
        usable = [content for content in contents if content is not None]
        stored = corpus.readings(ids)
        models = workspace.models
        features = models.embedder.features(
            usable, readings=[stored.get(post.id, {}) for post in posts]
        )
        encoded = encode_posts(models.embedder, models.affect, usable, features)
        affects = [(post.id, some.affect) for post, some in zip(posts, encoded, strict=True)]
        return {id_: affect for id_, affect in affects if affect is not None}


def _replaced(table: pa.Table, predicted: dict[str, Affect]) -> pa.Table:
    """Return predictions with those of some posts replaced, in the order of ids."""
    kept = table.filter(pc.invert(pc.is_in(table["id"], value_set=pa.array(sorted(predicted)))))
    new = predictions_table(predicted).select(table.column_names).cast(table.schema)
    return readings.in_order(pa.concat_tables([kept, new]))
