"""Quality, measured on held-out data: one table, one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from backend.evaluation.result import Figure, Result
from backend.posts import KindredError, Modality

# Name -> what it tells; the module of that name, with _ for -, has `measure`.
TABLES: dict[str, str] = {
    "sentiment": "tweets rated by people; other domains and languages",
    "emotion": "the strongest of eight emotions in implicit texts",
    "faces": "polarity of face emoji, unseen style and unseen emoji",
    "arousal": "lively against calm music",
    "calibration": "does confidence mean what it says, by modalities",
    "retrieval": "text, images and sounds found by one another",
    "user-space": "users beside what they post: authors, interests, four-way retrieval",
    "word-image": "words and images in one space: neighbours and analogies",
    "clusters": "clusters of posts against source folders; shared tags of nearest users",
}


def run(
    name: str,
    *,
    encoders: Mapping[Modality, str],
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Measure one table.

    Parameters
    ----------
    name : str
        A key of `TABLES`.
    encoders : mapping of Modality to str
        Registry names.
    progress : callable, optional

    Returns
    -------
    Result

    Raises
    ------
    KindredError
        ``no_table``.
    """
    if name not in TABLES:
        known = ", ".join(TABLES)
        raise KindredError("no_table", f"There is no table {name!r}; there are {known}.")
    return import_module(f"backend.evaluation.{name.replace('-', '_')}").measure(encoders, progress)


__all__ = ["TABLES", "Figure", "Result", "run"]
