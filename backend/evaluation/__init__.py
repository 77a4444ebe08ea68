"""Quality, measured on held-out data: one table, one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from backend.domain import KindredError, Modality
from backend.evaluation.options import Options
from backend.metrics.result import Measurement, ResultTable

# Name -> what it tells; the module of that name, with _ for -, has `measure`.
TABLES: dict[str, str] = {
    "sentiment": "tweets rated by people; other domains and languages",
    "emotion": "the strongest of eight emotions in implicit texts",
    "faces": "polarity of face emoji, unseen style and unseen emoji",
    "arousal": "lively against calm music",
    "calibration": "does confidence mean what it says, by modalities",
    "retrieval": "text, images and sounds found by one another",
    "emotion-fusion": "fusion models, with all modalities and with each missing",
    "jtav-sentiment": "JTAV's Table 1: every modality's models, every pair, all three",
    "jtav-image2song": "JTAV's image2song: the song that goes with an image",
    "user-space": "users beside what they post: authors, interests, four-way retrieval",
    "word-image": "words and images in one space: neighbours and analogies",
    "clusters": "clusters of posts against source folders; shared tags of nearest users",
}

WITH_OPTIONS = ("emotion-fusion", "jtav-sentiment", "jtav-image2song")
OF_CORPUS = ("user-space", "word-image")


def run(
    name: str,
    *,
    encoders: Mapping[Modality, str],
    progress: Callable[[int, int], None] | None = None,
    options: Options | None = None,
) -> ResultTable:
    """Measure one table.

    Parameters
    ----------
    name : str
        A key of `TABLES`.
    encoders : mapping of Modality to str
        Registry names.
    progress : callable, optional
    options : Options, optional
        Other data, runs or networks; for the papers' tables (`WITH_OPTIONS`).

    Returns
    -------
    ResultTable

    Raises
    ------
    KindredError
        ``no_table``, ``no_options``.
    """
    if name not in TABLES:
        known = ", ".join(TABLES)
        raise KindredError("no_table", f"There is no table {name!r}; there are {known}.")
    module = import_module(f"backend.evaluation.{name.replace('-', '_')}")
    if options is None:
        return module.measure(encoders, progress)
    if options.corpus is not None and name not in OF_CORPUS:
        known = ", ".join(OF_CORPUS)
        raise KindredError(
            "no_options", f"The table {name} is about its own data; of a corpus are {known}."
        )
    if name not in (*WITH_OPTIONS, *OF_CORPUS):
        known = ", ".join((*WITH_OPTIONS, *OF_CORPUS))
        raise KindredError("no_options", f"The table {name} takes no options; these do: {known}.")
    if name in OF_CORPUS and (options.data or options.backbones or options.runs):
        raise KindredError(
            "no_options",
            f"The table {name} reads a corpus: import the data (python -m backend ingest DATA "
            "--corpus NAME), then ask with --corpus NAME.",
        )
    return module.measure(encoders, progress, options)


__all__ = ["OF_CORPUS", "TABLES", "WITH_OPTIONS", "Measurement", "Options", "ResultTable", "run"]
