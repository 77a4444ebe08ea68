"""Colours and words that mean the same thing on every page."""

from __future__ import annotations

from backend.domain import EMOTIONS, Kind, Modality

# Plutchik's hues, muted and spread in lightness so that neighbours on the wheel
# stay apart for colour-blind eyes; every use carries the name as well.
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

# Rust to teal: told apart with any kind of colour vision, and not an emotion's hue.
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

LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def language(code: str | None) -> str:
    """Name a language; a code without a name here stays itself."""
    return LANGUAGES.get(code or "", code or "not known")


def subset_title(name: str) -> str:
    """``image+text`` -> ``Text + image``, in the order of `Modality`."""
    parts = set(name.split("+"))
    names = [MODALITY_NAMES[m] for m in Modality if m.value in parts]
    return " + ".join([names[0], *(n.lower() for n in names[1:])])


def counted(n: int, kind: Kind) -> str:
    """``1 post``, ``3,412 sounds``."""
    one, many, _ = KIND_NAMES[kind]
    return f"{n:,} {one if n == 1 else many}"


def petals_apart(a: str, b: str) -> int:
    """How far two emotions stand apart on the wheel, 0 (same) to 4 (opposite)."""
    steps = abs(EMOTIONS.index(a) - EMOTIONS.index(b))
    return min(steps, len(EMOTIONS) - steps)
