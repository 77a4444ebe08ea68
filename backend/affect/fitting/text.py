"""Training of the text head: centring, kernel ridge regression, gate, Platt scaling.

The constants were chosen by cross-validation with themes, domains, languages and sources
held out; `python -m backend evaluate emotion sentiment` prints the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression

from backend.affect.evidence import logit
from backend.affect.fitting.labels import PLAIN, SOURCES, Texts
from backend.affect.lexical import EMOJIS, RATINGS, lexical
from backend.affect.text import Centre, TextFeatures, join_features, kernel, score
from backend.core.vectors import normalize
from backend.settings import SEED

GAMMA = 1.0
RIDGE_EMOTION = 0.5
LEXICAL_WEIGHT = 1.0  # of the linear kernel on emojis relative to the Gaussian one
# Of the similarity to descriptions of the emotions: no change on themes like those of
# training, a gain of .03 to .04 of top-1 accuracy on held-out captions and plain texts.
DESCRIPTION_WEIGHT = 0.2
RIDGE_LINEAR = 100.0
RIDGE_LOCAL = 1.0
# The local correction helps on implicit texts and harms on new kinds of texts: half of it
# keeps most of the gain with little of the loss.
LOCAL_WEIGHT = 0.5
RATED_WEIGHT = 0.3  # of a rated word relative to a text
RIDGE_TWEET = 10.0
# Added against tweets: treating another text as a tweet costs more than the reverse.
GATE_OFFSET = 0.5
FOLDS = 5
NO_LANGUAGE = "zxx"  # of posts of emoji only


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Vectors of single words with human ratings.

    Attributes
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, from the text encoder.
    sentiment : numpy.ndarray
        ``(n,)`` float64 in [-1, 1].
    """

    vectors: np.ndarray
    sentiment: np.ndarray


def fit_text(
    vectors: np.ndarray,
    data: Texts,
    rated: Rated | None = None,
    described: np.ndarray | None = None,
    *,
    hold_out: bool = True,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Fit the text head.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` of `data`'s texts.
    data : Texts
    rated : Rated, optional
        Rated words, as additional training data.
    described : numpy.ndarray, optional
        ``(8, d)``: vectors of descriptions of the emotions.
    hold_out : bool
        Whether to cross-validate, which Platt scaling needs; without it, scores keep
        their order only.

    Returns
    -------
    tensors : dict of str to numpy.ndarray
        As `backend.affect.text.TextHead` takes them.
    held_out : dict of str to numpy.ndarray
        ``emotion (n, 9)`` and ``sentiment (n,)``: log-odds of each text from a
        head trained without its theme, domain or group of near-duplicates; empty
        without `hold_out`.
    """
    fixed = fit_centre(vectors, data) | _fit_lexical(data)
    rows, words, english = TextFeatures(fixed)(vectors, data.texts)
    centre = Centre(fixed)
    training = _TrainingSet(
        rows=rows,
        words=words,
        english=english,
        data=data,
        rated=Rated(centre(rated.vectors)[0], rated.sentiment) if rated is not None else None,
        described=normalize(described - described.mean(0))
        if described is not None
        else np.zeros((8, rows.shape[1])),
    )
    heads = _fit(training, np.arange(len(data)))
    platt = np.tile([1.0, 0.0], (10, 1))
    held_out: dict[str, np.ndarray] = {}
    if hold_out:
        scores = np.empty((len(data), 10))
        fold = folds(data.groups)
        for k in np.unique(fold):
            test = np.flatnonzero(fold == k)
            part = _fit(training, np.flatnonzero(fold != k))
            scores[test] = score(part, GAMMA, rows[test], words[test], english[test])
        platt = _fit_platt_all(scores, data)
        odds = scores * platt[:, 0] + platt[:, 1]
        held_out = {"emotion": odds[:, :9] - logit(prior()), "sentiment": odds[:, 9]}
    half = {"support", "sentiment_local", "emotion_weight"}
    tensors = {k: v.astype(np.float16 if k in half else np.float32) for k, v in heads.items()}
    tensors |= fixed | {"platt": platt.astype(np.float32), "prior": prior().astype(np.float32)}
    return tensors, held_out


@dataclass(frozen=True, slots=True, eq=False)
class _TrainingSet:
    """The features of all texts, computed once for every fold."""

    rows: np.ndarray
    words: np.ndarray
    english: np.ndarray
    data: Texts
    rated: Rated | None
    described: np.ndarray


def _fit(training: _TrainingSet, train: np.ndarray) -> dict[str, np.ndarray]:
    """Fit the heads on the texts at indices `train`, ascending."""
    data, sources = training.data, training.data.sources[train]
    # Tweets have a regression of their own and are no support vectors of the other one.
    near = train[sources != "tweets"]
    support = training.rows[near]
    gram = kernel(support, support, GAMMA)
    labelled = np.flatnonzero(data.sources[near] == "emotion")
    emoji = training.words[near[labelled], :EMOJIS]
    both = gram[np.ix_(labelled, labelled)] + LEXICAL_WEIGHT * (emoji @ emoji.T)
    eight, mean = ridge(both, data.emotion[near[labelled], :8], RIDGE_EMOTION)
    neutral = np.flatnonzero(~np.isnan(data.emotion[near, 8]))
    ninth, ninth_mean = ridge(
        gram[np.ix_(neutral, neutral)], data.emotion[near[neutral], 8:], RIDGE_EMOTION
    )
    emotion = np.zeros((len(near), 9))
    emotion[labelled, :8], emotion[neutral, 8:] = eight, ninth
    linear = _fit_linear(training, train)
    local, _ = ridge(gram, (data.sentiment[near] - support @ linear)[:, None], RIDGE_LOCAL)
    tweets = train[sources == "tweets"]
    all_features = join_features(training.rows, training.words)
    others = near[training.english[near] > 0]
    width = len(linear)
    return {
        "support": support,
        "emotion_weight": emotion,
        "emotion_words": np.pad(LEXICAL_WEIGHT * (emoji.T @ eight), ((0, 0), (0, 1))),
        "emotion_linear": np.pad(
            DESCRIPTION_WEIGHT * training.described.T, ((0, 0), (0, 1))
        ).reshape(width, 9),
        "emotion_mean": np.append(mean, ninth_mean),
        "sentiment_linear": linear,
        "sentiment_local": LOCAL_WEIGHT * local[:, 0],
        "tweet_weight": _fit_tweets(all_features[tweets], data.sentiment[tweets]),
        "gate_weight": _fit_gate(all_features[tweets], all_features[others]),
    }


def _fit_linear(training: _TrainingSet, train: np.ndarray) -> np.ndarray:
    """Ridge regression, centred by source, so that it does not learn the means of sources."""
    width = training.rows.shape[1]
    gram, target_sum = RIDGE_LINEAR * np.eye(width), np.zeros(width)
    sources = training.data.sources[train]
    parts = [
        (training.rows[train[sources == s]], training.data.sentiment[train[sources == s]], 1.0)
        for s in SOURCES
    ]
    if training.rated is not None:
        parts.append((training.rated.vectors, training.rated.sentiment, RATED_WEIGHT))
    for rows, target, weight in parts:
        if len(rows):
            centred = rows - rows.mean(0)
            gram += weight * (centred.T @ centred)
            target_sum += weight * (centred.T @ (target - target.mean()))
    return np.asarray(np.linalg.solve(gram, target_sum))


def _fit_tweets(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Ridge regression of the mean rating; the constant is not penalised."""
    width = features.shape[1]
    if not len(features):
        return np.zeros(width)
    penalty = RIDGE_TWEET * np.eye(width)
    penalty[-1, -1] = 1e-6
    return np.asarray(np.linalg.solve(features.T @ features + penalty, features.T @ target))


def _fit_gate(tweets: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Log-odds that an English text is a tweet."""
    width = (tweets if len(tweets) else others).shape[1]
    weight = np.zeros(width)
    if not len(tweets) or not len(others):
        weight[-1] = 10.0 if len(tweets) else -10.0
        return weight
    rows = np.concatenate([tweets, others])[:, :-1]
    label = np.repeat([1, 0], [len(tweets), len(others)])
    fit = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(rows, label)
    return np.append(fit.coef_[0], fit.intercept_[0] - GATE_OFFSET)


def fit_centre(vectors: np.ndarray, data: Texts) -> dict[str, np.ndarray]:
    """Train the classifier of languages and compute the mean vector of each language.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, from the text encoder.
    data : Texts
        Plain captions train only the classifier of English: they are too short, in too
        many languages, for means.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.Centre` takes them.
    """
    all_features = np.asarray(vectors, dtype=np.float64)
    own = data.sources != PLAIN
    rows = all_features[own]
    names, codes = np.unique(data.languages[own], return_inverse=True)
    means = np.stack([rows[codes == i].mean(0) for i in range(len(names))])
    deviation = max(float(np.sqrt(((rows - means[codes]) ** 2).sum(1).mean())), 1e-9)
    weight, bias = np.zeros_like(means), np.zeros(len(names))
    if len(names) > 1:
        middle = rows.mean(0)
        guess = LogisticRegression(C=30.0, max_iter=300).fit((rows - middle) / deviation, codes)
        weight, bias = guess.coef_ / deviation, guess.intercept_
        if len(names) == 2:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        bias = bias - weight @ middle
    return {
        "language_weight": weight.astype(np.float32),
        "language_bias": bias.astype(np.float32),
        "language_mean": means.astype(np.float32),
        "english_weight": _fit_english(all_features, data.languages).astype(np.float32),
        "text_scale": np.array([1.0 / deviation], dtype=np.float32),
    }


def _fit_english(rows: np.ndarray, languages: np.ndarray) -> np.ndarray:
    """Log-odds that a text is English: weights ``(d,)`` and a constant."""
    has_language = languages != NO_LANGUAGE
    rows, english = rows[has_language], languages[has_language] == "en"
    if english.all() or not english.any():
        return np.append(np.zeros(rows.shape[1]), 10.0 if english.any() else -10.0)
    middle = rows.mean(0)
    deviation = max(float(np.sqrt(((rows - middle) ** 2).sum(1).mean())), 1e-9)
    fit = LogisticRegression(C=30.0, class_weight="balanced", max_iter=300)
    fit.fit((rows - middle) / deviation, english)
    weight = fit.coef_[0] / deviation
    return np.append(weight, fit.intercept_[0] - weight @ middle)


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
    # All emojis together weigh about as much as the vector; VADER's ratings stay unscaled.
    scale[:EMOJIS] /= EMOJIS**0.5
    scale[EMOJIS:] = 1.0
    return {
        "lexical_mean": features.mean(0).astype(np.float32),
        "lexical_scale": scale.astype(np.float32),
    }


def ridge(gram: np.ndarray, targets: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Dual weights and mean of kernel ridge regression.

    Parameters
    ----------
    gram : numpy.ndarray
        ``(n, n)`` kernel of the training rows; single precision is enough.
    targets : numpy.ndarray
        ``(n, k)``.
    strength : float
        Added to the diagonal.

    Returns
    -------
    weights, mean : numpy.ndarray
        ``(n, k)`` and ``(k,)`` float64.
    """
    mean = targets.mean(0)
    system = gram.astype(np.float32)
    system.flat[:: len(system) + 1] += np.float32(strength)
    factor = cho_factor(system, overwrite_a=True, check_finite=False)
    return cho_solve(factor, (targets - mean).astype(np.float32)).astype(np.float64), mean


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


def _source_weights(data: Texts) -> np.ndarray:
    """Weights of the texts that give each source the same total."""
    names, codes, counts = np.unique(data.sources, return_inverse=True, return_counts=True)
    return np.asarray(len(data) / len(names) / counts[codes])


def _fit_platt_all(scores: np.ndarray, data: Texts) -> np.ndarray:
    """Slope and shift of each of the ten outputs, ``(10, 2)``, from held-out scores."""
    scaling = []
    for i in range(9):
        known = ~np.isnan(data.emotion[:, i])
        scaling.append(_fit_platt(scores[known, i], data.emotion[known, i]))
    scaling.append(_fit_platt(scores[:, 9], (data.sentiment + 1.0) / 2.0, _source_weights(data)))
    return np.array(scaling)


def _fit_platt(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Slope and shift that map scores to log-odds of soft targets in [0, 1] (Platt 1999)."""
    weights = np.ones(len(scores)) if weights is None else weights
    both = np.concatenate([scores, scores])[:, None]
    classes = np.repeat([1, 0], len(scores))
    mass = np.concatenate([weights * targets, weights * (1.0 - targets)])
    fit = LogisticRegression(C=100.0).fit(both, classes, sample_weight=mass)
    return max(float(fit.coef_[0, 0]), 1e-3), float(fit.intercept_[0])
