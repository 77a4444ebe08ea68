"""Training of the text head: centring, kernel ridge regression, gate, Platt scaling.

What is below was chosen by cross-validation with themes, domains, languages and
sources held out; `python -m backend evaluate emotion sentiment` prints the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression

from backend.affect.evidence import logit
from backend.affect.fitting.labels import PLAIN, SOURCES, Texts
from backend.affect.lexical import EMOJIS, RATINGS, lexical
from backend.affect.text import Centre, Reading, beside, kernel, score
from backend.core.vectors import normalize
from backend.settings import SEED

GAMMA = 1.0
RIDGE_EMOTION = 0.5
WORDS_EMOTION = 1.0  # of the emojis' linear kernel beside the Gaussian one
# Of the likeness to what the emotions are called: nothing gained or lost on themes
# like those trained on, .03 to .04 of top-1 on captions and plain speech held out.
DESCRIBED = 0.2
RIDGE_LINEAR = 100.0
RIDGE_LOCAL = 1.0
# The local correction knows implicit texts, but leads astray where texts are of a
# kind that was never seen: half of it keeps most of the gain at little of the loss.
LOCAL = 0.5
RATED_WORDS = 0.3  # weight of a rated word against a text
RIDGE_TWEET = 10.0
# In doubt a text is no tweet: what holds for tweets misleads elsewhere.
DOUBT = 0.5
FOLDS = 5
NO_LANGUAGE = "zxx"  # of posts of emoji alone


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Single words with human ratings, as vectors.

    Attributes
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, as the text encoder gives them.
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
        Words that are learnt from too.
    described : numpy.ndarray, optional
        ``(8, d)`` vectors of what each emotion is called.
    hold_out : bool
        Whether to cross-validate, which Platt scaling needs; scores keep their
        order without.

    Returns
    -------
    tensors : dict of str to numpy.ndarray
        As `backend.affect.text.TextHead` takes them.
    held_out : dict of str to numpy.ndarray
        ``emotion (n, 9)`` and ``sentiment (n,)``: log-odds of each text from a
        head that saw no text of its theme, domain or near-duplicate group;
        empty without `hold_out`.
    """
    fixed = fit_centre(vectors, data) | _fit_lexical(data)
    rows, words, english = Reading(fixed)(vectors, data.texts)
    centre = Centre(fixed)
    given = _Given(
        rows=rows,
        words=words,
        english=english,
        data=data,
        rated=Rated(centre(rated.vectors)[0], rated.sentiment) if rated is not None else None,
        described=normalize(described - described.mean(0))
        if described is not None
        else np.zeros((8, rows.shape[1])),
    )
    heads = _fit(given, np.arange(len(data)))
    platt = np.tile([1.0, 0.0], (10, 1))
    held_out: dict[str, np.ndarray] = {}
    if hold_out:
        found = np.empty((len(data), 10))
        fold = folds(data.groups)
        for k in np.unique(fold):
            held = np.flatnonzero(fold == k)
            part = _fit(given, np.flatnonzero(fold != k))
            found[held] = score(part, GAMMA, rows[held], words[held], english[held])
        platt = _platts(found, data)
        odds = found * platt[:, 0] + platt[:, 1]
        held_out = {"emotion": odds[:, :9] - logit(prior()), "sentiment": odds[:, 9]}
    half = {"support", "sentiment_local", "emotion_weight"}
    tensors = {k: v.astype(np.float16 if k in half else np.float32) for k, v in heads.items()}
    tensors |= fixed | {"platt": platt.astype(np.float32), "prior": prior().astype(np.float32)}
    return tensors, held_out


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """What `_fit` reads, computed once for every fold."""

    rows: np.ndarray
    words: np.ndarray
    english: np.ndarray
    data: Texts
    rated: Rated | None
    described: np.ndarray


def _fit(given: _Given, seen: np.ndarray) -> dict[str, np.ndarray]:
    """Heads from the texts at places `seen` (ascending)."""
    data, sources = given.data, given.data.sources[seen]
    # The tweets have a reader of their own and are no support of the others'.
    near = seen[sources != "tweets"]
    support = given.rows[near]
    gram = kernel(support, support, GAMMA)
    labelled = np.flatnonzero(data.sources[near] == "emotion")
    emoji = given.words[near[labelled], :EMOJIS]
    both = gram[np.ix_(labelled, labelled)] + WORDS_EMOTION * (emoji @ emoji.T)
    eight, mean = ridge(both, data.emotion[near[labelled], :8], RIDGE_EMOTION)
    calm = np.flatnonzero(~np.isnan(data.emotion[near, 8]))
    ninth, ninth_mean = ridge(gram[np.ix_(calm, calm)], data.emotion[near[calm], 8:], RIDGE_EMOTION)
    emotion = np.zeros((len(near), 9))
    emotion[labelled, :8], emotion[calm, 8:] = eight, ninth
    linear = _linear(given, seen)
    local, _ = ridge(gram, (data.sentiment[near] - support @ linear)[:, None], RIDGE_LOCAL)
    tweets = seen[sources == "tweets"]
    everything = beside(given.rows, given.words)
    others = near[given.english[near] > 0]
    width = len(linear)
    return {
        "support": support,
        "emotion_weight": emotion,
        "emotion_words": np.pad(WORDS_EMOTION * (emoji.T @ eight), ((0, 0), (0, 1))),
        "emotion_linear": np.pad(DESCRIBED * given.described.T, ((0, 0), (0, 1))).reshape(width, 9),
        "emotion_mean": np.append(mean, ninth_mean),
        "sentiment_linear": linear,
        "sentiment_local": LOCAL * local[:, 0],
        "tweet_weight": _tweets(everything[tweets], data.sentiment[tweets]),
        "gate_weight": _gate(everything[tweets], everything[others]),
    }


def _linear(given: _Given, seen: np.ndarray) -> np.ndarray:
    """Ridge regression in which every source has its own mean, so that none is told by it."""
    width = given.rows.shape[1]
    gram, aim = RIDGE_LINEAR * np.eye(width), np.zeros(width)
    sources = given.data.sources[seen]
    parts = [
        (given.rows[seen[sources == s]], given.data.sentiment[seen[sources == s]], 1.0)
        for s in SOURCES
    ]
    if given.rated is not None:
        parts.append((given.rated.vectors, given.rated.sentiment, RATED_WORDS))
    for rows, target, weight in parts:
        if len(rows):
            away = rows - rows.mean(0)
            gram += weight * (away.T @ away)
            aim += weight * (away.T @ (target - target.mean()))
    return np.asarray(np.linalg.solve(gram, aim))


def _tweets(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Ridge regression of the raters' mean; the constant is not shrunk."""
    width = features.shape[1]
    if not len(features):
        return np.zeros(width)
    penalty = RIDGE_TWEET * np.eye(width)
    penalty[-1, -1] = 1e-6
    return np.asarray(np.linalg.solve(features.T @ features + penalty, features.T @ target))


def _gate(tweets: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Log-odds that an English text is a tweet."""
    width = (tweets if len(tweets) else others).shape[1]
    weight = np.zeros(width)
    if not len(tweets) or not len(others):
        weight[-1] = 10.0 if len(tweets) else -10.0
        return weight
    rows = np.concatenate([tweets, others])[:, :-1]
    label = np.repeat([1, 0], [len(tweets), len(others)])
    fit = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(rows, label)
    return np.append(fit.coef_[0], fit.intercept_[0] - DOUBT)


def fit_centre(vectors: np.ndarray, data: Texts) -> dict[str, np.ndarray]:
    """Learn to guess a text's language from its vector, and each language's mean.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, as the text encoder gives them.
    data : Texts
        Plain captions tell only what is English: they are in too many languages
        and too terse to show a language's mean.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.Centre` takes them.
    """
    everything = np.asarray(vectors, dtype=np.float64)
    own = data.sources != PLAIN
    rows = everything[own]
    names, codes = np.unique(data.languages[own], return_inverse=True)
    means = np.stack([rows[codes == i].mean(0) for i in range(len(names))])
    spread = max(float(np.sqrt(((rows - means[codes]) ** 2).sum(1).mean())), 1e-9)
    weight, bias = np.zeros_like(means), np.zeros(len(names))
    if len(names) > 1:
        middle = rows.mean(0)
        guess = LogisticRegression(C=30.0, max_iter=300).fit((rows - middle) / spread, codes)
        weight, bias = guess.coef_ / spread, guess.intercept_
        if len(names) == 2:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        bias = bias - weight @ middle
    return {
        "language_weight": weight.astype(np.float32),
        "language_bias": bias.astype(np.float32),
        "language_mean": means.astype(np.float32),
        "english_weight": _fit_english(everything, data.languages).astype(np.float32),
        "text_scale": np.array([1.0 / spread], dtype=np.float32),
    }


def _fit_english(rows: np.ndarray, languages: np.ndarray) -> np.ndarray:
    """Log-odds that a text is English: weights ``(d,)`` and a constant."""
    spoken = languages != NO_LANGUAGE
    rows, english = rows[spoken], languages[spoken] == "en"
    if english.all() or not english.any():
        return np.append(np.zeros(rows.shape[1]), 10.0 if english.any() else -10.0)
    middle = rows.mean(0)
    spread = max(float(np.sqrt(((rows - middle) ** 2).sum(1).mean())), 1e-9)
    fit = LogisticRegression(C=30.0, class_weight="balanced", max_iter=300)
    fit.fit((rows - middle) / spread, english)
    weight = fit.coef_[0] / spread
    return np.append(weight, fit.intercept_[0] - weight @ middle)


def _fit_lexical(data: Texts) -> dict[str, np.ndarray]:
    """Mean and scale of the word-level features over English texts."""
    english = (data.languages == "en") & (data.sources != PLAIN)
    if not english.any():
        return {
            "lexical_mean": np.zeros(EMOJIS + RATINGS, np.float32),
            "lexical_scale": np.ones(EMOJIS + RATINGS, np.float32),
        }
    found = lexical(data.texts, english.astype(np.float64))[english]
    scale = 1.0 / np.maximum(found.std(0), 1e-3)
    # All emojis together weigh about as much as the vector; VADER's few as they are.
    scale[:EMOJIS] /= EMOJIS**0.5
    scale[EMOJIS:] = 1.0
    return {
        "lexical_mean": found.mean(0).astype(np.float32),
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
    """Each row's fold, ``(n,)`` int64; a group lies in one fold."""
    names, codes = np.unique(groups, return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(names)) % count
    return np.asarray(place[codes])


def prior() -> np.ndarray:
    """Probabilities of the nine outputs for a post of which nothing is known.

    Set, not measured: no corpus of posts with a fair share of each emotion
    exists here. It says that most posts carry none.
    """
    return np.array([0.08] * 8 + [0.5])


def _shares(data: Texts) -> np.ndarray:
    """Weights that make each source count the same."""
    names, codes, counts = np.unique(data.sources, return_inverse=True, return_counts=True)
    return np.asarray(len(data) / len(names) / counts[codes])


def _platts(scores: np.ndarray, data: Texts) -> np.ndarray:
    """Slope and shift of each of the ten outputs, ``(10, 2)``, from held-out scores."""
    found = []
    for i in range(9):
        known = ~np.isnan(data.emotion[:, i])
        found.append(_platt(scores[known, i], data.emotion[known, i]))
    found.append(_platt(scores[:, 9], (data.sentiment + 1.0) / 2.0, _shares(data)))
    return np.array(found)


def _platt(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Slope and shift that turn scores into log-odds of soft targets in [0, 1]."""
    weights = np.ones(len(scores)) if weights is None else weights
    both = np.concatenate([scores, scores])[:, None]
    classes = np.repeat([1, 0], len(scores))
    mass = np.concatenate([weights * targets, weights * (1.0 - targets)])
    fit = LogisticRegression(C=100.0).fit(both, classes, sample_weight=mass)
    return max(float(fit.coef_[0, 0]), 1e-3), float(fit.intercept_[0])
