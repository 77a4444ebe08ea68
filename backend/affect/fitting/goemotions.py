"""GoEmotions: 58,000 Reddit comments whose emotions people labelled.

Demszky et al., "GoEmotions: A Dataset of Fine-Grained Emotions", ACL 2020; CC BY 4.0. The
files ``train.tsv`` and ``dev.tsv`` are in the folder ``goemotions/data`` of the repository
``google-research/google-research`` on GitHub. Heads trained on them are shipped, no text is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.affect.evidence import OUTPUTS
from backend.domain import KindredError

WHERE = (
    "train.tsv and dev.tsv of GoEmotions (Demszky et al. 2020, CC BY 4.0) are at"
    " github.com/google-research/google-research/tree/master/goemotions/data"
)
HOW = (
    f"set KINDRED_GOEMOTIONS to a folder with both files; {WHERE}. Without them the text head"
    " learns emotions only from texts written for this project, and is much worse."
)
SHA256 = {
    "train": "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
    "dev": "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
}

# The 28 labels in the order of their numbers, each with the emotions of Plutchik's eight
# that it stands for, the first one foremost, and the sentiment. Admiration is intense
# trust on his wheel, interest (curiosity) mild anticipation, annoyance mild anger,
# remorse and disappointment lie next to sadness. Surprise, confusion, realization and
# curiosity can have either sentiment.
LABELS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "admiration": (("trust", "joy"), "positive"),
    "amusement": (("joy",), "positive"),
    "anger": (("anger",), "negative"),
    "annoyance": (("anger",), "negative"),
    "approval": (("trust",), "positive"),
    "caring": (("trust",), "positive"),
    "confusion": (("surprise",), None),
    "curiosity": (("anticipation", "surprise"), None),
    "desire": (("anticipation",), "positive"),
    "disappointment": (("sadness",), "negative"),
    "disapproval": (("anger", "disgust"), "negative"),
    "disgust": (("disgust",), "negative"),
    "embarrassment": (("sadness",), "negative"),
    "excitement": (("joy", "anticipation"), "positive"),
    "fear": (("fear",), "negative"),
    "gratitude": (("trust", "joy"), "positive"),
    "grief": (("sadness",), "negative"),
    "joy": (("joy",), "positive"),
    "love": (("joy", "trust"), "positive"),
    "nervousness": (("fear",), "negative"),
    "optimism": (("anticipation", "joy"), "positive"),
    "pride": (("joy",), "positive"),
    "realization": (("surprise",), None),
    "relief": (("joy",), "positive"),
    "remorse": (("sadness",), "negative"),
    "sadness": (("sadness",), "negative"),
    "surprise": (("surprise",), None),
    "neutral": ((), "neutral"),
}
NAMES = tuple(LABELS)
SECOND = 0.6  # target of an emotion that a label stands for in the second place


@dataclass(frozen=True, slots=True, eq=False)
class Comments:
    """Comments with the labels that people gave them.

    Attributes
    ----------
    texts : list of str
    labels : numpy.ndarray
        ``(n, 28)`` bool, columns as in `NAMES`.
    ids : list of str
        Of Reddit.
    """

    texts: list[str]
    labels: np.ndarray
    ids: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: slice) -> Comments:
        """Some of the comments."""
        return Comments(self.texts[rows], self.labels[rows], self.ids[rows])

    @property
    def emotion(self) -> np.ndarray:
        """Targets ``(n, 9)`` float64 in [0, 1], columns as in `OUTPUTS`."""
        table = np.zeros((len(NAMES), len(OUTPUTS)))
        for row, (emotions, _) in enumerate(LABELS.values()):
            for rank, emotion in enumerate(emotions or ("neutral",)):
                table[row, OUTPUTS.index(emotion)] = 1.0 if rank == 0 else SECOND
        return np.asarray((self.labels[:, :, None] * table).max(axis=1))

    @property
    def sentiment(self) -> np.ndarray:
        """Shares of negative, neutral and positive ``(n, 3)`` float64, of the labels of each.

        A label of either sentiment counts half, as neutral.
        """
        share = {
            "negative": (1.0, 0.0, 0.0),
            "neutral": (0.0, 1.0, 0.0),
            "positive": (0.0, 0.0, 1.0),
            None: (0.0, 0.5, 0.0),
        }
        counts = self.labels @ np.array([share[sign] for _, sign in LABELS.values()])
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def read(folder: Path, part: str) -> Comments:
    """Read one part of GoEmotions, after checking that it is the file that was published.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``train.tsv`` and ``dev.tsv``.
    part : str
        ``train`` or ``dev``.

    Raises
    ------
    KindredError
        ``no_goemotions`` when the file is not there, ``changed_goemotions`` when it is not
        the published one.
    """
    path = Path(folder) / f"{part}.tsv"
    if not path.is_file():
        raise KindredError("no_goemotions", f"There is no {part}.tsv in {folder}. {WHERE}.")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[part]:
        raise KindredError(
            "changed_goemotions",
            f"{path} has sha256 {found}, the published file has {SHA256[part]}. {WHERE}.",
        )
    return parse(content.decode("utf-8"))


def parse(content: str) -> Comments:
    """Read lines of text, label numbers and id, separated by tabs."""
    rows = [line.split("\t") for line in content.split("\n") if line]
    labels = np.zeros((len(rows), len(NAMES)), dtype=bool)
    for i, (_, numbers, _) in enumerate(rows):
        labels[i, [int(number) for number in numbers.split(",")]] = True
    return Comments([row[0] for row in rows], labels, [row[2] for row in rows])
