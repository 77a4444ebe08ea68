"""Words that say nothing of what a post is about, in the language that it is in."""

from __future__ import annotations

from functools import lru_cache

# In scikit-learn's English list by an accident of its source; they are things to post of.
_THINGS = {"bill", "bottom", "cry", "fire", "front", "interest", "mill", "system", "top"}
# What people write of any picture or sound, or of the act of posting.
_POSTING = {
    "amp", "based", "clip", "clipart", "cliparts", "don", "draw", "drawing", "drawn", "file",
    "free", "gimp", "got", "graphic", "graphics", "http", "https", "icon", "illustration", "image",
    "images", "inkscape", "isn", "like", "lol", "made", "make", "openclipart", "original", "photo",
    "photograph", "photos", "pic", "picture", "pictures", "png", "simple", "svg", "use", "used",
    "using", "vector", "vectors", "version", "www",
}  # fmt: skip


@lru_cache(maxsize=64)
def stopwords(language: str | None) -> frozenset[str]:
    """The stopwords of a language and of English, which mixes into all.

    Parameters
    ----------
    language : str or None
        ISO 639-1; English alone for one that is not known.

    Returns
    -------
    frozenset of str
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    found = (set(ENGLISH_STOP_WORDS) - _THINGS) | _POSTING
    if language and language != "en":
        import stopwordsiso

        code = language.split("-")[0].split("_")[0]
        if stopwordsiso.has_lang(code):
            found |= stopwordsiso.stopwords(code)
    return frozenset(found)
