"""Training of the text head: centring, features, the two experts, calibration of the outputs.

The constants were chosen on GoEmotions' dev part, the rated tweets and, by
cross-validation with themes and languages held out, the texts written for this project;
the gate's also by a look at TweetEval's val part. `python -m backend evaluate emotion
sentiment` prints the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.affect.emoji import EmojiRatings, with_emoji
from backend.affect.evidence import OUTPUTS, logit
from backend.affect.fitting.emoji import fit_emoji
from backend.affect.fitting.labels import PLAIN, Texts
from backend.affect.fitting.landmarks import fit_landmarks
from backend.affect.fitting.languages import LANGUAGE_STEPS, fit_centre
from backend.affect.fitting.network import Targets, train
from backend.affect.lexical import EMOJIS, RATINGS, lexical
from backend.affect.text import NETWORK_PREFIX, Experts, TextFeatures, neutral_odds, polarity_odds
from backend.domain import SENTIMENTS
from backend.joint_space.numpy_model import softmax
from backend.settings import SEED

# Weight of one text of each kind in the training of the network and of the kernel. Comments
# are kind 0, which the network is of; rated words are the last kind.
KINDS = ("comments", "emotion", "sentiment", "tweets", PLAIN, "words")
PEOPLE_WEIGHTS = dict(zip(KINDS, (1.0, 4.5, 3.0, 4.5, 1.5, 0.15), strict=True))
OUR_WEIGHTS = dict(zip(KINDS, (0.0, 1.0, 1.0, 0.3, 1.0, 0.0), strict=True))
EPOCHS = 8
MEMBERS = 3  # networks whose outputs are averaged
# Comments and other texts differ in how often each output occurs. A post is taken to be in
# between: so much of the difference of the composed texts (emotions) and of the tweets
# (sentiments) is added.
BETWEEN = 0.75
GATE_STRENGTH = 0.003  # inverse regularisation
GATE_OFFSET = 1.5  # against taking a text for one of ours, which costs more than the reverse
GATE_SLOPE = 1.5
FULL_SENTIMENT = 0.5  # from this strength on, a text is not neutral at all
FOLDS = 5
_KERNEL_STEPS = 3  # of `fit_landmarks` to emotions and sentiments
EMOJI_SHARE = 0.5  # of the emoji features' norm relative to that of the vector
RATINGS_SCALE = 1.5  # of VADER's ratings


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Vectors of single words with human ratings.

    Attributes
    ----------
    texts : list of str
    vectors : numpy.ndarray
        ``(n, d)``, from the text encoder.
    sentiment : numpy.ndarray
        ``(n,)`` float64 in [-1, 1].
    """

    texts: list[str]
    vectors: np.ndarray
    sentiment: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Vectors of English comments with the labels that people gave them.

    Attributes
    ----------
    texts : list of str
    vectors : numpy.ndarray
        ``(n, d)``, from the text encoder.
    emotion, sentiment : numpy.ndarray
        ``(n, 9)`` and ``(n, 3)``, as of `backend.affect.fitting.goemotions.Comments`.
    training : numpy.ndarray
        ``(n,)`` bool: trained on; the others calibrate.
    """

    texts: list[str]
    vectors: np.ndarray
    emotion: np.ndarray
    sentiment: np.ndarray
    training: np.ndarray


def fit_text(
    vectors: np.ndarray,
    data: Texts,
    rated: Rated | None = None,
    judged: Judged | None = None,
    *,
    hold_out: bool = True,
    step: Callable[[], None] = lambda: None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Fit the text head.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` of `data`'s texts.
    data : Texts
    rated : Rated, optional
        Rated words, as additional training data.
    judged : Judged, optional
        Comments with people's labels, as additional training and calibration data.
    hold_out : bool
        Whether to cross-validate and calibrate; without it the network has one member and
        its outputs are as they were trained.
    step : callable
        Called after each of `count_steps` steps.

    Returns
    -------
    tensors : dict of str to numpy.ndarray
        As `backend.affect.text.TextHead` takes them.
    held_out : dict of str to numpy.ndarray
        ``emotion (n, 9)``, ``sentiment (n,)`` and ``neutral (n,)``: log-odds of each text
        from a head trained without its theme, domain or group of near-duplicates;
        ``comments (m,)`` and ``comments_neutral (m,)``, the last two of the comments that
        were not trained on. Empty without `hold_out`.
    """
    fixed = fit_centre(vectors, data, step=step)
    fixed |= _fit_lexical(data)
    step()
    training = _TrainingSet.gather(TextFeatures(fixed), vectors, data, rated, judged)
    step()
    everything = np.ones(len(data), dtype=bool)
    heads = training.fit(everything, MEMBERS if hold_out else 1, step)
    platt, sharpness = np.tile([1.0, 0.0], (len(OUTPUTS), 1)), 1.0
    held_out: dict[str, np.ndarray] = {}
    if hold_out:
        raw = np.empty((len(data), len(OUTPUTS) + len(SENTIMENTS)))
        fold = folds(data.groups)
        for k in np.unique(fold):
            test = np.flatnonzero(fold == k)
            part = Experts(training.fit(fold != k, step=step))
            raw[test] = part(training.features[test], training.english[test])
        if rated is not None:
            heads |= fit_emoji(
                raw, data, training.english[: len(data)], rated.texts, rated.sentiment
            )
            raw = with_emoji(raw, EmojiRatings(heads)(data.texts, training.english[: len(data)]))
        of_comments = Experts(heads)(*training.calibration)
        platt, sharpness = _calibrate(raw, of_comments, training)
        odds = raw[:, : len(OUTPUTS)] * platt[:, 0] + platt[:, 1]

        shares, of_comments = (
            softmax(sharpness * some[:, len(OUTPUTS) :]) for some in (raw, of_comments)
        )
        held_out = {
            "emotion": odds - logit(prior()),
            "sentiment": polarity_odds(shares),
            "neutral": neutral_odds(shares),
            "comments": polarity_odds(of_comments),
            "comments_neutral": neutral_odds(of_comments),
        }
    wide = ("hidden_weight", "output_weight", "direct_weight", "landmarks")
    tensors = {
        k: v.astype(np.float16 if k.endswith(wide) else np.float32) for k, v in heads.items()
    }
    tensors |= fixed | {
        "platt": platt.astype(np.float32),
        "sharpness": np.array([sharpness], dtype=np.float32),
        "prior": prior().astype(np.float32),
    }
    return tensors, held_out


def count_steps(data: Texts, judged: Judged | None, *, hold_out: bool = True) -> int:
    """Count the steps of `fit_text`: of the features, the kernels, each epoch of each network."""
    epochs = EPOCHS if judged is not None and judged.training.any() else 0
    features = LANGUAGE_STEPS + 2
    if not hold_out:
        return features + _KERNEL_STEPS + epochs
    held_out = len(np.unique(folds(data.groups)))
    return features + (held_out + 1) * _KERNEL_STEPS + (held_out + MEMBERS) * epochs


@dataclass(frozen=True, slots=True, eq=False)
class _TrainingSet:
    """Features and targets of all texts, computed once for every fold: `data` first.

    `calibration` and its targets are of the comments that are not trained on.
    """

    data: Texts
    features: np.ndarray
    english: np.ndarray
    targets: Targets
    calibration: tuple[np.ndarray, np.ndarray]
    calibration_targets: Targets

    @classmethod
    def gather(
        cls,
        features: TextFeatures,
        vectors: np.ndarray,
        data: Texts,
        rated: Rated | None,
        judged: Judged | None,
    ) -> _TrainingSet:
        kinds = np.array([KINDS.index(source) for source in data.sources])
        parts = [(*features(vectors, data.texts), data.emotion, _shares(data.sentiment), kinds)]
        if rated is not None:
            n, unknown = len(rated.texts), np.full((len(rated.texts), len(OUTPUTS)), np.nan)
            words = features(rated.vectors, rated.texts)
            kinds = np.full(n, KINDS.index("words"))
            parts.append((*words, unknown, _shares(rated.sentiment), kinds))
        later = [part[:0] for part in parts[0]]
        if judged is not None:
            kinds = np.zeros(len(judged.texts), dtype=np.int64)
            comments = (
                *features(judged.vectors, judged.texts),
                *(judged.emotion, judged.sentiment, kinds),
            )
            parts.append(tuple(part[judged.training] for part in comments))
            later = [part[~judged.training] for part in comments]
        rows, english, emotion, sentiment, kind = (
            np.concatenate(p) for p in zip(*parts, strict=True)
        )
        return cls(
            data,
            rows,
            english,
            Targets(emotion, sentiment, np.ones(len(rows)), kind),
            (later[0], later[1]),
            Targets(later[2], later[3], np.ones(len(later[0])), later[4]),
        )

    def fit(
        self, keep: np.ndarray, members: int = 1, step: Callable[[], None] = lambda: None
    ) -> dict[str, np.ndarray]:
        """Train on the texts of `data` where `keep`, and on all others."""
        use = np.append(keep, np.ones(len(self.features) - len(keep), dtype=bool))
        heads = {"gate_weight": self._fit_gate(use)} | self._fit_kernel(use, step)
        if (self.targets.kind == 0).any():
            rows = np.flatnonzero(use)
            some = self.targets.take(rows)
            some = replace(some, weight=_weights(some.kind, PEOPLE_WEIGHTS))
            trained = train(self.features[rows], some, epochs=EPOCHS, members=members, step=step)
            of_kind = trained.pop("kind_bias")
            trained["output_bias"] = trained["output_bias"] + BETWEEN * _others(of_kind)
            heads |= {NETWORK_PREFIX + name: value for name, value in trained.items()}
        return heads

    def _fit_kernel(self, use: np.ndarray, step: Callable[[], None]) -> dict[str, np.ndarray]:
        """Landmarks of what is no tweet: tweets resemble one another, and are half of all."""
        weight = _weights(self.targets.kind, OUR_WEIGHTS)
        rows = np.flatnonzero(use & (weight > 0))
        some = self.targets.take(rows)
        candidates = np.flatnonzero(some.kind != KINDS.index("tweets"))
        targets = (some.emotion, some.sentiment)
        return fit_landmarks(self.features[rows], targets, weight[rows], candidates, step)

    def _fit_gate(self, use: np.ndarray) -> np.ndarray:
        """Log-odds, weakened, that a text is written for this project, not for others to read."""
        kind = self.targets.kind
        is_of_project = np.isin(kind, [KINDS.index("emotion"), KINDS.index("sentiment")])
        is_by_people = np.isin(kind, [KINDS.index("comments"), KINDS.index("tweets")])
        rows = np.flatnonzero(use & (is_of_project | is_by_people))
        if not (kind == 0).any() or is_of_project[rows].all() or not is_of_project[rows].any():
            return np.zeros(self.features.shape[1] + 1)
        fit = LogisticRegression(C=GATE_STRENGTH, class_weight="balanced", max_iter=300)
        fit.fit(self.features[rows], is_of_project[rows])
        return GATE_SLOPE * np.append(fit.coef_[0], fit.intercept_[0] - GATE_OFFSET)


def _weights(kind: np.ndarray, weights: dict[str, float]) -> np.ndarray:
    """Weight of each text ``(n,)`` by its kind."""
    return np.asarray(np.array([weights[name] for name in KINDS])[kind])


def _others(of_kind: np.ndarray) -> np.ndarray:
    """What outputs of composed texts and tweets ``(12,)`` have more than those of comments."""
    emotion, sentiment = np.zeros(len(OUTPUTS)), np.zeros(len(SENTIMENTS))
    for name, part, columns in (
        ("emotion", emotion, slice(None, len(OUTPUTS))),
        ("tweets", sentiment, slice(len(OUTPUTS), None)),
    ):
        if (index := KINDS.index(name)) < len(of_kind):
            part += of_kind[index, columns]
    return np.concatenate([emotion, sentiment])


def _shares(sentiment: np.ndarray) -> np.ndarray:
    """Shares of `SENTIMENTS` ``(n, 3)`` from sentiments in [-1, 1]."""
    strength = np.minimum(np.abs(sentiment) / FULL_SENTIMENT, 1.0)
    return np.stack(
        [strength * (sentiment < 0), 1.0 - strength, strength * (sentiment > 0)], axis=1
    )


def _calibrate(
    raw: np.ndarray, of_comments: np.ndarray, training: _TrainingSet
) -> tuple[np.ndarray, float]:
    """Slope and shift of each emotion ``(9, 2)`` and the sharpness of the sentiments.

    From outputs for held-out texts and comments; both count the same in all.
    """
    data, later = training.data, training.calibration_targets
    both = np.concatenate([raw, of_comments])
    emotion = np.concatenate([data.emotion, later.emotion])
    sentiment = np.concatenate([_shares(data.sentiment), later.sentiment])
    own = len(of_comments) / max(len(raw), 1) if len(of_comments) else 1.0
    mass = np.repeat([own, 1.0], [len(raw), len(of_comments)])
    platt = []
    for i in range(len(OUTPUTS)):
        known = ~np.isnan(emotion[:, i])
        platt.append(_fit_platt(both[known, i], emotion[known, i], mass[known]))
    grid = np.linspace(0.4, 2.0, 33)

    def loss(sharpness: float) -> float:
        shares = softmax(sharpness * both[:, len(OUTPUTS) :])
        return float(-(mass[:, None] * sentiment * np.log(np.maximum(shares, 1e-9))).sum())

    return np.array(platt), float(min(grid, key=loss))


def _fit_platt(scores: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slope and shift that map scores to log-odds of soft targets in [0, 1] (Platt 1999)."""
    both = np.concatenate([scores, scores])[:, None]
    classes = np.repeat([1, 0], len(scores))
    mass = np.concatenate([weights * targets, weights * (1.0 - targets)])
    fit = LogisticRegression(C=100.0).fit(both, classes, sample_weight=mass)
    return max(float(fit.coef_[0, 0]), 1e-3), float(fit.intercept_[0])


def _fit_lexical(data: Texts) -> dict[str, np.ndarray]:
    """Mean and scale of the lexical features over English texts."""
    english = (data.languages == "en") & (data.sources != PLAIN)
    if not english.any():
        return {
            "lexical_mean": np.zeros(EMOJIS + RATINGS, np.float32),
            "lexical_scale": np.ones(EMOJIS + RATINGS, np.float32),
        }
    features = lexical(data.texts, english.astype(np.float64))[english]
    scale = 1.0 / np.maximum(features.std(0), 1e-3)
    scale[:EMOJIS] *= EMOJI_SHARE
    scale[EMOJIS:] = RATINGS_SCALE
    return {
        "lexical_mean": features.mean(0).astype(np.float32),
        "lexical_scale": scale.astype(np.float32),
    }


def folds(groups: np.ndarray, count: int = FOLDS, seed: int = SEED) -> np.ndarray:
    """Assign rows to folds, ``(n,)`` int64; a group lies in one fold."""
    names, codes = np.unique(groups, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names)) % count
    return np.asarray(fold[codes])


def prior() -> np.ndarray:
    """Prior probabilities of the nine outputs.

    Set, not estimated, for lack of a representative corpus: most posts express no
    emotion.
    """
    return np.array([0.08] * 8 + [0.5])
