"""Who reacts next: users in one space with posts, trained with reactions and without them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.domain import KindredError
from backend.evaluation import reaction_scores, simulated_reactions
from backend.evaluation.reaction_scores import JOINT, SERVED
from backend.evaluation.tables import Evaluation, Measured
from backend.joint_space import shipped_pairs
from backend.joint_space.authored_posts import AuthoredPosts, with_reactions
from backend.joint_space.fit import Classes
from backend.metrics.result import Measurement
from backend.settings import SHIPPED_CORPORA, SYNTHETIC_CORPUS
from backend.training.feature_cache import FeatureCache

RUNS = 3  # trainings, whose figures are averaged
TRAINED = 0.7  # of the posts, the earliest
LEAST = 50  # reactions to test
KS = (1, 5, 10)
WITH, WITHOUT = "with reactions", "without"
BY_POST, BY_AUTHOR, WROTE = "by the post", "by its author", "post -> author"
NOTES = (
    "Trained on the earliest 70 % of the posts and the reactions to these, tested on the reactions",
    "to the others: each user who reacted is ranked among all users but the author and the others",
    "who reacted. *by the post*: users by the cosine with the new post. *by its author*: by the",
    "cosine with the author's vector, which is what nearest users are. *joint*: the space of",
    "`user-space`; *with reactions*: its loss also contrasts posts, and their authors, with those",
    "who reacted (a like weighs .5, a reply, share or quote 1). *as the app serves users*: by the",
    "code of Search and Users, where a tenth of a post belongs to those who reacted. 'reacted",
    "to like posts': by the cosine with the posts that a user reacted to, in the space without",
    "reactions. post -> author: what training with reactions changes there. Intervals: bootstrap",
    "over posts; a row with a minus sign is the paired difference. Simulated: made by",
    "backend/evaluation/simulated_reactions.py, where 'true rates' are what it draws by. larkhaven",
    "is synthetic, too: its reactions were drawn by community and by author, hardly by topic. To",
    "measure your own, pass --corpus.",
)


_Values = dict[str, tuple[np.ndarray, np.ndarray]]  # by metric, with groups


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked of one data set.

    Attributes
    ----------
    authored : AuthoredPosts
        With reactions.
    train, test : numpy.ndarray
        ``(n,)`` bool.
    posts, users : numpy.ndarray
        ``(m,)``: row among the tested posts, and user, of each reaction to them.
    """

    authored: AuthoredPosts
    train: np.ndarray
    test: np.ndarray
    posts: np.ndarray
    users: np.ndarray

    @property
    def authors(self) -> np.ndarray:
        """Authors of the tested posts."""
        return self.authored.users[self.test]

    def ranks(self, scores: np.ndarray) -> np.ndarray:
        """Return the rank from 1 of each of those who reacted, ``(m,)``; ties count against it.

        Parameters
        ----------
        scores : numpy.ndarray
            ``(tested posts, users)``.
        """
        others = scores.astype(np.float64)
        others[np.arange(len(others)), self.authors] = -np.inf
        mine = others[self.posts, self.users]
        others[self.posts, self.users] = -np.inf
        return np.asarray(1 + (others[self.posts] >= mine[:, None]).sum(axis=1))

    def reacted(self, scores: np.ndarray) -> _Values:
        """Return recall and reciprocal rank of each reaction, with its post."""
        ranks = self.ranks(scores)
        found = {f"R@{k}": ((ranks <= k).astype(np.float64), self.posts) for k in KS}
        return found | {"MRR": (1.0 / ranks, self.posts)}

    def wrote(self, scores: np.ndarray) -> _Values:
        """Return whether the author of each post has the highest score."""
        hit = (scores.argmax(axis=1) == self.authors).astype(np.float64)
        return {"R@1": (hit, np.arange(len(hit)))}


def measure(evaluation: Evaluation) -> Measured:
    """Train on early posts and test who reacts to later ones.

    Raises
    ------
    KindredError
        ``no_reactions``, ``too_few`` of an imported corpus.
    """
    runs = evaluation.options.runs or RUNS
    data = _data(evaluation)
    measurements: list[Measurement] = []
    for done, (name, (authored, classes, rates)) in enumerate(data.items()):
        asked = later_posts(authored)

        def report(run: int, before: int = done * runs) -> None:
            evaluation.on_progress(before + run, len(data) * runs)

        measurements += _measure(name, asked, classes, rates, runs, report)
    return measurements, NOTES


_Data = tuple[AuthoredPosts, Classes | None, np.ndarray | None]


def _data(evaluation: Evaluation) -> dict[str, _Data]:
    """Return the posts of each data set, classes of the image encoder, and true rates."""
    encoders, cache = evaluation.load_encoders(), FeatureCache()
    classes = shipped_pairs.image_classes(encoders, cache=cache)
    corpus = evaluation.corpus()
    if corpus is not None:
        return {corpus.info().name: (with_reactions(corpus, encoders, cache=cache), classes, None)}
    with tempfile.TemporaryDirectory() as folder:
        shipped = SHIPPED_CORPORA[SYNTHETIC_CORPUS]
        corpus = Corpus.import_shipped(shipped, Path(folder) / SYNTHETIC_CORPUS)
        town = with_reactions(corpus, encoders, cache=cache)
    same, rates = simulated_reactions.made(1.0)
    apart, other = simulated_reactions.made(0.0)
    return {
        SYNTHETIC_CORPUS: (town, classes, None),
        "simulated, readers like what they write": (same, None, rates),
        "simulated, readers like other things": (apart, None, other),
    }


def later_posts(authored: AuthoredPosts) -> Asked:
    """Divide posts by time, and find the reactions to the later ones.

    Raises
    ------
    KindredError
        ``too_few``.
    """
    assert authored.reactions is not None and authored.times is not None
    known = np.any([authored.has(m) for m in authored.features], axis=0)
    known &= ~np.isnat(authored.times)
    order = np.flatnonzero(known)[np.argsort(authored.times[known], kind="stable")]
    train, test = np.zeros(len(authored), dtype=bool), np.zeros(len(authored), dtype=bool)
    train[order[: round(TRAINED * len(order))]] = True
    test[order[round(TRAINED * len(order)) :]] = True
    test &= ~np.isin(authored.groups, authored.groups[train])
    posts, users = authored.reactions[np.flatnonzero(test)].nonzero()
    strangers = users != authored.users[test][posts]
    if strangers.sum() < LEAST:
        raise KindredError(
            "too_few", f"This table needs {LEAST} reactions to the last posts, which have times."
        )
    return Asked(authored, train, test, posts[strangers], users[strangers])


def _measure(
    name: str,
    asked: Asked,
    classes: Classes | None,
    rates: np.ndarray | None,
    runs: int,
    on_run: Callable[[int], None],
) -> list[Measurement]:
    given = (asked.authored, asked.train, asked.test)
    found: dict[tuple[str, str], list[_Values]] = {}

    def add(task: str, system: str, values: _Values) -> None:
        found.setdefault((task, system), []).append(values)

    for system, counts in reaction_scores.counted(*given).items():
        add(BY_POST if system == "most reactions" else BY_AUTHOR, system, asked.reacted(counts))
    if rates is not None:
        add(BY_POST, "true rates", asked.reacted(rates[asked.test]))
    trained = reaction_scores.trained(*given, classes, runs)
    for scores in chain(reaction_scores.served(*given), trained):
        system = f"{scores.system}, {WITH if scores.reactions else WITHOUT}"
        add(BY_POST, system, asked.reacted(scores.by_post))
        add(BY_AUTHOR, system, asked.reacted(scores.by_author))
        add(WROTE, system, asked.wrote(scores.by_post))
        if scores.by_likes is not None and not scores.reactions:
            add(BY_POST, "reacted to like posts", asked.reacted(scores.by_likes))
        if scores.system == JOINT and scores.reactions:
            on_run(scores.run + 1)
    rows = {key: _mean(values) for key, values in found.items()}
    for task in (BY_POST, BY_AUTHOR, WROTE):
        for system in (SERVED, JOINT):
            one, other = ((task, f"{system}, {which}") for which in (WITH, WITHOUT))
            if one in rows:
                gain = {m: (v - rows[other][m][0], g) for m, (v, g) in rows[one].items()}
                rows[task, f"{system}, {WITH} - {WITHOUT}"] = gain
    return [
        Measurement.of_mean(f"{name}: {task}", system, metric, values, groups)
        for task in (BY_POST, BY_AUTHOR, WROTE)
        for (of, system), metrics in rows.items()
        if of == task
        for metric, (values, groups) in metrics.items()
    ]


def _mean(runs: list[_Values]) -> _Values:
    """Average the values of several trainings, item by item."""
    return {m: (np.mean([run[m][0] for run in runs], axis=0), g) for m, (_, g) in runs[0].items()}
