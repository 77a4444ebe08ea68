"""Users, texts, images and sounds in one space: authors, interests and retrieval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.domain import KindredError
from backend.evaluation import served_users
from backend.evaluation.protocols import pool_ranks, rank_measurements
from backend.evaluation.retrieval import centred
from backend.evaluation.tables import Evaluation, Measured
from backend.joint_space import fit_users, shipped_pairs
from backend.joint_space.authored_posts import AuthoredPosts, hold_out, of_corpus, shipped
from backend.joint_space.fit_users import UserSpace
from backend.joint_space.model import JointSpaceConfig
from backend.joint_space.users import score_by_posts
from backend.metrics.result import Measurement, mean_interval
from backend.metrics.retrieval import average_precision
from backend.settings import SEED
from backend.training.feature_cache import FeatureCache

LEAST, TAGS, FOLDS, RIDGE = 5, 100, 5, 0.5
JOINT, TRIPLET, TEXT, IMAGE = "joint", "joint, triplet", "text alone", "image alone"
CONTENT = "joint, trained without users"
COMPARED = (TEXT, IMAGE, CONTENT)
NOTES = (
    "Held out: 30 % of each author's posts and drawings, near-duplicates together, authors with at",
    "least five. A text is what a post says, never its tags. *alone*: trained and tested in the",
    "same way, without the other modalities. In rows called joint a user is their learnt vector",
    "and those of their training posts. 'as the app serves users': by the code of Search and",
    "Users, from the training posts; 'new users': who came after it was made. Interests: which of",
    "the 100 most used tags the held-out posts carry, by ridge regression from the vectors of",
    "training posts; *strangers*: users none of whose tags were in the training data. Intervals:",
    "bootstrap over duplicate groups (R@1), else over users; a row with a minus sign is the paired",
    "difference. Settings were chosen on a part of the training posts. Authors are not held out",
    "here, so retrieval is easier than in `retrieval`. To measure your own corpus, such as a",
    "YFCC100M table, import it and pass --corpus.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    space: UserSpace
    posts: np.ndarray


def measure(evaluation: Evaluation) -> Measured:
    """Train the joint space and its unimodal counterparts, and test them on held-out posts.

    Raises
    ------
    KindredError
        ``too_few`` when the corpus has too few authors.
    """
    authored, classes, source = _load(evaluation)
    train, test = hold_out(authored, min_groups=LEAST)
    if len(np.unique(authored.users[test])) < 10:
        raise KindredError(
            "too_few", f"This table needs ten authors with at least {LEAST} different posts each."
        )
    trainings = {
        JOINT: (authored, "contrast"),
        TRIPLET: (authored, "triplet"),
        CONTENT: (authored, "content"),
        TEXT: (authored.only("text"), "contrast"),
        IMAGE: (authored.only("image"), "contrast"),
    }
    systems: dict[str, _Trained] = {}
    for done, (name, (some, loss)) in enumerate(trainings.items(), start=1):
        space = fit_users.train(some.take(train & _any(some)), classes, loss=loss)
        systems[name] = _Trained(space, space.posts(some.features))
        evaluation.on_progress(done, len(trainings) + 1)
    of_source = test & np.isin(authored.sources, source)
    served = served_users.scores(authored, train, of_source, JointSpaceConfig(inputs={}).dim)
    evaluation.on_progress(len(trainings) + 1, len(trainings) + 1)
    measurements = [
        *_authors(authored, systems, train, of_source, served),
        *_interests(authored, systems, train, test, strangers=True),
        *_interests(authored, systems, train, test, strangers=False),
        *_retrieval(authored, systems, train, test),
    ]
    return measurements, NOTES


def _load(evaluation: Evaluation) -> tuple[AuthoredPosts, shipped_pairs.Classes | None, list[str]]:
    """Return the posts, the image classes and the sources whose authors are told apart."""
    encoders, cache = evaluation.load_encoders(), FeatureCache()
    classes = shipped_pairs.image_classes(encoders, cache=cache)
    corpus = evaluation.corpus()
    if corpus is None:
        return shipped(encoders, cache=cache), classes, ["openclipart"]
    authored = of_corpus(corpus, encoders, cache=cache)
    return authored, classes, np.unique(authored.sources).tolist()


def _any(authored: AuthoredPosts) -> np.ndarray:
    return np.any([authored.has(m) for m in authored.features], axis=0)


# ---- authors -------------------------------------------------------------------


def _authors(
    authored: AuthoredPosts,
    systems: Mapping[str, _Trained],
    train: np.ndarray,
    test: np.ndarray,
    served: Mapping[str, np.ndarray],
) -> list[Measurement]:
    people = np.unique(authored.users[test])
    mine = train & np.isin(authored.users, people)
    owner = np.searchsorted(people, authored.users)
    truth = owner[test]
    scores: dict[str, np.ndarray] = {}
    counts = np.bincount(owner[mine], minlength=len(people)).astype(np.float32)
    scores["most posts"] = np.tile(counts, (len(truth), 1))
    scores["logistic regression, all"] = _logistic(authored, owner, mine, test, len(people))
    scores |= {name: found[:, people] for name, found in served.items()}
    for name, system in systems.items():
        by_table = system.space.score_users(system.posts[test])[:, people]
        by_posts = score_by_posts(system.posts[test], system.posts[mine], owner[mine], len(people))
        # Without users in training, only their posts have vectors.
        scores[name] = by_posts if name == CONTENT else by_table + by_posts
        if name == JOINT:
            scores[f"{name}, learnt vector"] = by_table
            scores[f"{name}, posts' vectors"] = by_posts
    task = f"post -> author, {len(people)} authors"
    found = {name: _author_values(s, truth, authored.groups[test]) for name, s in scores.items()}
    found |= {f"{JOINT} - {one}": _minus(found[JOINT], found[one]) for one in COMPARED}
    return [
        Measurement(task, name, metric, float(v.mean()), *mean_interval(v, g), len(truth))
        for name, values in found.items()
        for metric, (v, g) in values.items()
    ]


_Values = dict[str, tuple[np.ndarray, np.ndarray]]


def _author_values(scores: np.ndarray, truth: np.ndarray, groups: np.ndarray) -> _Values:
    hit = (scores.argmax(axis=1) == truth).astype(np.float64)
    people = np.unique(truth)
    macro = np.array([hit[truth == p].mean() for p in people])
    precision = np.array([average_precision(scores[:, p], truth == p) for p in people])
    return {"R@1": (hit, groups), "macro R@1": (macro, people), "mAP": (precision, people)}


def _minus(left: _Values, right: _Values) -> _Values:
    return {metric: (v - right[metric][0], g) for metric, (v, g) in left.items()}


def _logistic(
    authored: AuthoredPosts, owner: np.ndarray, train: np.ndarray, test: np.ndarray, people: int
) -> np.ndarray:
    """Return log-probabilities of logistic regression on the encoders' vectors, concatenated."""
    from sklearn.linear_model import LogisticRegression

    blocks = []
    for raw in authored.features.values():
        present = ~np.isnan(raw[:, 0])
        if (present & train).sum() > 1:
            known = raw[present & train]
            mean, deviation = known.mean(0), known.std(0) + 1e-6
            blocks.append(np.nan_to_num((raw - mean) / deviation / raw.shape[1] ** 0.5))
    x = np.hstack(blocks)
    model = LogisticRegression(C=30.0, max_iter=80).fit(x[train], owner[train])
    log_probabilities = np.full((int(test.sum()), people), -50.0)
    log_probabilities[:, model.classes_] = model.predict_log_proba(x[test])
    return log_probabilities


# ---- interests -----------------------------------------------------------------


def _interests(
    authored: AuthoredPosts,
    systems: Mapping[str, _Trained],
    train: np.ndarray,
    test: np.ndarray,
    *,
    strangers: bool,
) -> list[Measurement]:
    counts = Counter(tag for i in np.flatnonzero(train) for tag in sorted(authored.tags[i]))
    tags = [tag for tag, _ in counts.most_common(TAGS)]
    carries = authored.carries(tags)
    people = [
        int(u)
        for u in np.unique(authored.users[test])
        if carries[test & (authored.users == u)].any() and (train & (authored.users == u)).any()
    ]
    if not people:
        return []  # without tags no interests are known
    truth = [carries[test & (authored.users == u)].any(axis=0) for u in people]
    fold = np.random.default_rng(SEED).permutation(len(authored.names)) % FOLDS
    guess = {"most used tags": np.tile(carries[train].mean(axis=0), (len(people), 1))}
    if not strangers:
        own = np.array([carries[train & (authored.users == u)].mean(axis=0) for u in people])
        guess["tags of their own"] = own + 1e-6 * guess["most used tags"]
    for name, system in systems.items():
        guess[name] = np.zeros((len(people), len(tags)))
        for k in range(FOLDS if strangers else 1):
            fitted = train & (fold[authored.users] != k) if strangers else train
            weight, shift = _ridge(system.posts[fitted], carries[fitted].astype(np.float64))
            for place, user in enumerate(people):
                if not strangers or fold[user] == k:
                    mine = system.posts[train & (authored.users == user)]
                    guess[name][place] = mine.mean(axis=0) @ weight + shift
    task = "interests of strangers" if strangers else "interests"
    values = {
        name: np.array([average_precision(s, t) for s, t in zip(rows, truth, strict=True)])
        for name, rows in guess.items()
    }
    values |= {f"{JOINT} - {one}": values[JOINT] - values[one] for one in COMPARED}
    return [
        Measurement.of_mean(task, name, "mAP", precisions) for name, precisions in values.items()
    ]


def _ridge(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and intercept of a ridge regression."""
    x = x.astype(np.float64)
    mean, rate = x.mean(axis=0), y.mean(axis=0)
    gram = (x - mean).T @ (x - mean) + RIDGE * np.eye(x.shape[1])
    weight = np.linalg.solve(gram, (x - mean).T @ (y - rate))
    return weight, rate - mean @ weight


# ---- four-way retrieval --------------------------------------------------------


def _retrieval(
    authored: AuthoredPosts, systems: Mapping[str, _Trained], train: np.ndarray, test: np.ndarray
) -> list[Measurement]:
    measurements = []
    for name in (JOINT, TRIPLET):
        system = systems[name]
        single = {m: system.space.modality(m, x) for m, x in authored.features.items()}
        measurements += _between(authored, system, single, test, name)
        measurements += _users(authored, system, single, train, test, name)
    return measurements


def _between(
    authored: AuthoredPosts,
    system: _Trained,
    single: Mapping[str, np.ndarray],
    test: np.ndarray,
    name: str,
) -> list[Measurement]:
    """Rank each modality of held-out posts by each other modality."""
    measurements = []
    for left, right in (("text", "image"), ("text", "audio"), ("image", "audio")):
        rows = np.flatnonzero(test & authored.has(left) & authored.has(right))
        _, first = np.unique(authored.groups[rows], return_index=True)
        rows = rows[np.sort(first)][: 100 * max(1, len(first) // 100)]
        if len(rows) < 10:
            continue
        a, b = (centred(system.space.learned(single[m][rows])) for m in (left, right))
        for ask, find, query, target in ((left, right, a, b), (right, left, b, a)):
            size = min(100, len(rows))
            ranks = pool_ranks(query, target, size=size)
            measurements += rank_measurements(f"{ask} -> {find}, {size} candidates", name, ranks)
    return measurements


def _users(
    authored: AuthoredPosts,
    system: _Trained,
    single: Mapping[str, np.ndarray],
    train: np.ndarray,
    test: np.ndarray,
    name: str,
) -> list[Measurement]:
    """Rank users by one modality of a post, and posts by their user."""
    people = np.unique(authored.users[test])
    owner = np.searchsorted(people, authored.users)
    mine = train & np.isin(authored.users, people)
    measurements = []
    for modality, vectors in single.items():
        rows = np.flatnonzero(test & authored.has(modality))
        known = mine & authored.has(modality)
        if len(rows) < 10 or known.sum() < 10:
            continue
        scores = system.space.score_users(vectors[rows])[:, people]
        scores = scores + score_by_posts(vectors[rows], vectors[known], owner[known], len(people))
        true = scores[np.arange(len(rows)), owner[rows]]
        ranks = (scores >= true[:, None]).sum(axis=1)
        measurements += rank_measurements(f"{modality} -> user, {len(people)} users", name, ranks)
        asked = np.unique(owner[rows])
        precisions = np.array([average_precision(scores[:, p], owner[rows] == p) for p in asked])
        task = f"user -> {modality}, {len(rows)} candidates"
        measurements.append(Measurement.of_mean(task, name, "mAP", precisions))
    return measurements
