"""Colours and words that mean the same thing on every page."""

from __future__ import annotations

from backend.domain import EMOTIONS, Kind, Modality

# Plutchik's hues, muted and spread in lightness so that neighbours on the wheel
# stay distinct for colour-blind eyes; every use shows the name as well.
EMOTION_COLOURS = {
    "joy": "#E3B23C",
    "trust": "#93B84B",
    "fear": "#3A8F6A",
    "surprise": "#4FAFC8",
    "sadness": "#4C78C4",
    "disgust": "#8F63B3",
    "anger": "#CF4D45",
    "anticipation": "#E58A3C",
    "neutral": "#8C8A84",
}

# Rust to teal: distinct for any kind of colour vision, and no emotion has these hues.
SENTIMENT_COLOURS = {"negative": "#B5612F", "neutral": "#8C8A84", "positive": "#1F8A94"}

MODALITY_NAMES = {Modality.TEXT: "Text", Modality.IMAGE: "Image", Modality.AUDIO: "Sound"}

# singular, plural, icon
KIND_NAMES = {
    Kind.POST: ("post", "posts", ":material/article:"),
    Kind.IMAGE: ("image", "images", ":material/image:"),
    Kind.TEXT: ("text", "texts", ":material/notes:"),
    Kind.AUDIO: ("sound", "sounds", ":material/graphic_eq:"),
    Kind.USER: ("user", "users", ":material/person:"),
    Kind.WORD: ("word", "words", ":material/abc:"),
}


def subset_title(name: str) -> str:
    """``image+text`` -> ``Text + image``, in the order of `Modality`."""
    parts = set(name.split("+"))
    names = [MODALITY_NAMES[m] for m in Modality if m.value in parts]
    return " + ".join([names[0], *(n.lower() for n in names[1:])])


def counted(n: int, noun: Kind | str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, Kind.POST), counted(3412, Kind.AUDIO), counted(2, "file")
    ('1 post', '3,412 sounds', '2 files')
    """
    one = KIND_NAMES[noun][0] if isinstance(noun, Kind) else noun
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def percent(probability: float) -> str:
    """Write a probability; it is never certain.

    Examples
    --------
    >>> percent(0.421), percent(0.9999), percent(0.005)
    ('42%', '>99%', '<1%')
    """
    if probability >= 0.995:
        return ">99%"
    return f"{probability:.0%}" if probability > 0.005 else "<1%"  # 0.005 is rounded to 0%


def shortened(text: str, most: int) -> str:
    """Cut a text after so many characters.

    Examples
    --------
    >>> shortened("a long text", 6), shortened("short", 6)
    ('a lon…', 'short')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def petals_apart(a: str, b: str) -> int:
    """Return how far apart two emotions are on the wheel, 0 (same) to 4 (opposite)."""
    steps = abs(EMOTIONS.index(a) - EMOTIONS.index(b))
    return min(steps, len(EMOTIONS) - steps)
