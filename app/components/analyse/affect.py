"""A prediction in words and bars: headline, sentiment, confidence, every subset."""

from __future__ import annotations

from itertools import combinations

from app.common.markup import bar, dot, esc, show
from app.common.palette import (
    EMOTION_COLOURS,
    MODALITY_NAMES,
    SENTIMENT_COLOURS,
    percent,
    petals_apart,
    subset_title,
)
from backend.domain import EMOTIONS, Affect, Modality, Prediction, subset_name, subsets

_A_MODALITY = {Modality.TEXT: "a text", Modality.IMAGE: "an image", Modality.AUDIO: "a sound"}


SURE = 0.6  # confidence from which a sentiment is told without "perhaps"
LIKELY = 0.5  # probability from which an emotion is
_VALENCE = {
    **dict.fromkeys(("joy", "trust"), "positive"),
    **dict.fromkeys(("fear", "sadness", "disgust", "anger"), "negative"),
}


def headline(affect: Affect) -> tuple[str, str]:
    """Describe a prediction in a title and a sentence, which name emotion and sentiment.

    Returns
    -------
    title, sentence : str
    """
    label, sure = affect.sentiment.label, affect.confidence >= SURE
    order = sorted(EMOTIONS, key=lambda e: -affect.emotion[e])
    first, strongest = order[0], affect.emotion[order[0]]
    if affect.top == "neutral":
        title = "No clear emotion"
        if label != "neutral" and sure:
            title = f"{label.capitalize()}, without a clear emotion"
        return title, f"{first.capitalize()} comes closest at {percent(strongest)}."
    title = first.capitalize() if strongest >= LIKELY else f"Perhaps {first}"
    also = [e for e in order[1:4] if affect.emotion[e] >= max(0.5 * strongest, 0.2)]
    sentence = f"{first.capitalize()} at {percent(strongest)}"
    if also:
        named = [f"{e} ({percent(affect.emotion[e])})" for e in also]
        sentence += ", with some " + " and ".join(named)
    else:
        sentence += f", followed by {order[1]} at {percent(affect.emotion[order[1]])}"
    if contradicts(affect):
        verb = "reads" if sure else "may read"
        title += f", yet {'' if sure else 'perhaps '}{label}"
        sentence += f". The whole {verb} as {label}: mixed feelings, or a mistake"
    return title, sentence + "."


def contradicts(affect: Affect) -> bool:
    """Whether the strongest emotion and the sentiment have opposite signs."""
    label = affect.sentiment.label
    return label != "neutral" and _VALENCE.get(affect.top, label) != label


def sentiment_in_words(affect: Affect) -> str:
    """Name the sentiment; with "perhaps" where the confidence is low."""
    label = affect.sentiment.label
    return label if affect.confidence >= SURE else f"perhaps {label}"


def confidence_in_words(confidence: float) -> str:
    """Put a calibrated confidence into words."""
    for limit, words in ((0.9, "very sure"), (0.75, "fairly sure"), (SURE, "somewhat sure")):
        if confidence >= limit:
            return words
    return "not sure"


def first_target(affect: Affect) -> str:
    """Return what is explained first: the strongest emotion, else the sentiment."""
    return affect.sentiment.label if affect.top == "neutral" else affect.top


def show_headline(affect: Affect) -> None:
    """Show the title and the sentence."""
    title, sentence = headline(affect)
    colour = EMOTION_COLOURS[affect.top]
    show(
        f'<div class="k-verdict" style="border-color:{colour}">'
        f'<div class="k-title">{esc(title)}</div><div class="k-soft">{esc(sentence)}</div></div>'
    )


def sentiment_scale(affect: Affect, *, compact: bool = False) -> str:
    """Draw the scale from negative to positive, with the marker of this prediction.

    Its grey part is where this post would be neutral, with the limits below it.

    Parameters
    ----------
    affect : Affect
    compact : bool
        For a table: small, and without words.
    """
    share = 100 * affect.sentiment.positive
    label = affect.sentiment.label
    mark = f'<i style="left:{share:.1f}%;background:{SENTIMENT_COLOURS[label]}"></i>'
    words = f"{label}, {percent(affect.sentiment.positive)} positive"
    ends = "" if compact else "<div class='k-ends'><span>negative</span><span>neutral</span>"
    ends += "" if compact else "<span>positive</span></div>"
    size = " k-small" if compact else ""
    style = ""
    if affect.sentiment.band is not None and not compact:
        low, high = (round(100 * edge) for edge in affect.sentiment.band)
        style = (
            f' style="background:linear-gradient(90deg,{SENTIMENT_COLOURS["negative"]},'
            f'var(--fill) {low}%,var(--fill) {high}%,{SENTIMENT_COLOURS["positive"]})"'
        )
        words += f"; neutral between {low}% and {high}%"
        ends = (
            f"<div class='k-ends'><span>negative</span><span>neutral: {low}% to {high}%</span>"
            "<span>positive</span></div>"
        )
    return (
        f'<div class="k-scale{size}" role="img" aria-label="{esc(words)}"{style}>{mark}</div>{ends}'
    )


def show_sentiment(affect: Affect) -> None:
    """Show the sentiment with its scale (see `sentiment_scale`), and the confidence."""
    label = affect.sentiment.label
    show(
        '<div class="k-pair">'
        f"<div><div class='k-label'>Sentiment</div>"
        f"<div class='k-figure'>{dot(SENTIMENT_COLOURS[label])}{sentiment_in_words(affect)}"
        f"<small>{esc(percent(affect.sentiment.positive))} positive</small></div>"
        f"{sentiment_scale(affect)}</div>"
        f"<div><div class='k-label'>Confidence</div>"
        f"<div class='k-figure'>{confidence_in_words(affect.confidence)}"
        f"<small>{esc(percent(affect.confidence))}</small></div>"
        f"{bar(affect.confidence, 'currentColor')}"
        f"<div class='k-note'>calibrated probability that “{label}” is right</div></div>"
        "</div>"
    )


def disagreement(prediction: Prediction) -> str | None:
    """Name the modalities that contradict each other.

    Two modalities contradict each other if one is positive and the other negative,
    or if their strongest emotions are at least two petals apart on the wheel: joy and
    trust agree, joy and fear do not. Neutral contradicts no emotion.

    Returns
    -------
    str or None
        As in "Text says joy, image says fear".
    """
    parts = {m: prediction.subsets[subset_name((m,))] for m in prediction.modalities}
    involved = set()
    for a, b in combinations(parts, 2):
        one, two = parts[a], parts[b]
        moods = {one.sentiment.label, two.sentiment.label}
        clear = "neutral" not in (one.top, two.top)
        if moods == {"negative", "positive"} or (clear and petals_apart(one.top, two.top) >= 2):
            involved |= {a, b}
    if not involved:
        return None
    parts_in_words = [
        f"{MODALITY_NAMES[m].lower()} says {parts[m].top} ({parts[m].sentiment.label})"
        for m in parts
        if m in involved
    ]
    return ", ".join(parts_in_words).capitalize()


def _strip(affect: Affect) -> str:
    """Draw eight small columns in the order of the wheel."""
    columns = "".join(
        f'<i style="height:{max(100 * affect.emotion[e], 3):.0f}%;'
        f'background:{EMOTION_COLOURS[e]}" title="{e} {esc(percent(affect.emotion[e]))}"></i>'
        for e in EMOTIONS
    )
    return f'<span class="k-strip" aria-hidden="true">{columns}</span>'


def _strongest(affect: Affect) -> str:
    """Name the strongest emotion, or neutral, with its probability."""
    if affect.top != "neutral":
        return f"{affect.top} <small>{esc(percent(affect.emotion[affect.top]))}</small>"
    best = max(EMOTIONS, key=lambda e: affect.emotion[e])
    if affect.neutral > affect.emotion[best]:
        return f"neutral <small>{esc(percent(affect.neutral))}</small>"
    # too weak for a name
    return f"unclear <small>{best} {esc(percent(affect.emotion[best]))}</small>"


def show_subsets(prediction: Prediction) -> None:
    """Show the prediction from every subset of the modalities, as a table."""
    rows = []
    for subset in subsets(prediction.modalities):
        name = subset_name(subset)
        affect = prediction.subsets[name]
        whole = len(subset) == len(prediction.modalities)
        title = esc(subset_title(name))
        if whole and len(subset) > 1:
            title += " <small>whole post</small>"
        rows.append(
            f'<tr{" class=k-whole" if whole else ""}><th scope="row">{title}</th>'
            f"<td>{dot(EMOTION_COLOURS[affect.top])}{_strongest(affect)}</td>"
            f'<td class="k-wide">{_strip(affect)}</td>'
            f"<td>{sentiment_scale(affect, compact=True)}"
            f"<small>{sentiment_in_words(affect)}</small></td>"
            f'<td class="k-number">{esc(percent(affect.confidence))}</td></tr>'
        )
    show(
        '<table class="k-table"><thead><tr><th scope="col">From</th>'
        '<th scope="col">Strongest</th><th scope="col" class="k-wide">All emotions</th>'
        '<th scope="col">Sentiment</th><th scope="col" class="k-number">Confidence</th>'
        "</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def legend() -> str:
    """Name the eight colours, in the order of the columns."""
    return (
        '<div class="k-legend">'
        + "".join(f"<span>{dot(EMOTION_COLOURS[e])}{e}</span>" for e in EMOTIONS)
        + "</div>"
    )


def missing_modalities(modalities: tuple[Modality, ...]) -> str:
    """Name the modalities that a post lacks; empty if it has all three."""
    names = [_A_MODALITY[m] for m in Modality if m not in modalities]
    return " or ".join(names)
