"""Text of social media as encoders should read it: the words, without what networks add.

Mentions, links, thread counters and copies of emoji move a prediction although they say
nothing of what a post feels. The shown text stays as it is: only encoders see this form.
"""

from __future__ import annotations

import html
import re
import unicodedata

from backend.text.hashtags import split_hashtag, usage

# Not the joiners of emoji and of scripts that need them (U+200C, U+200D).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_NESTED = re.compile(r"&(?:(?:amp|#0*38|#[xX]0*26);)+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# "<3" and "a < b" are no tags, nor is "<i think>": without an equals sign only the name counts.
_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|code|del|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span"
    r"|strong|sub|sup|table|td|tr|u|ul)(?:\s[^<>=]{0,100}=[^<>]{0,2000})?\s{0,9}/?>",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\s?(?:(?:\bhttps?|\bftp)://|\bwww\.|\bpic\.twitter\.com/"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,3}(?:co|com|org|net|io|ly|be|me|tv|gl|de|fr|es|it|uk|eu)/)[^\s<>\"]+",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[.!?]+$")
_MENTION = re.compile(r"(?<![\w@/])@\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?")
_WITHIN_TAG = r"[^\s#@&.,;:!?()\[\]{}<>\"'’“”…/\\|*+=~^$%]"
_HASHTAG = re.compile(rf"(?<![\w&/])#(?=[^\W\d]){_WITHIN_TAG}+(?:#{_WITHIN_TAG}+)*")
_RETWEET = frozenset({"RT", "RT:", "MT", "MT:"})
_BETWEEN = frozenset({":", "-", "–", "—", "|", "•", "~"})  # words and the names after them
_CUT_LINK = re.compile(r"https?:?/?(?:\.\.\.)?")
_VIA = frozenset({"via", "cc", "h/t", "ht"})
_COUNTER = re.compile(
    r"[(\[]\s?\d{1,3}\s?/\s?(?:\d{1,3}|n|x)?\s?[)\]][.:]?|\d{1,3}/(?:n|x|end)?[.:)]?|\d{1,3}/\d{1,3}[.:)]"
)
_BARE_COUNTER = re.compile(r"(\d{1,2})/(\d{1,2})")
_NO_COUNTERS = frozenset({"9/11", "7/7"})
_THREAD_SIGNS = "🧵👇⬇⤵\ufe0f"
_THREAD = re.compile(r"[(\[]thread[)\]]|thread:", re.IGNORECASE)
_LONG = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_SYLLABLES = re.compile(r"([^\W\d_]{2})\1{2,}", re.IGNORECASE)
_SIGNS = re.compile(r"([!?])\1{3,}|(\.)\2{3,}|([-_=*~#+])\3{3,}")
_WORD = re.compile(r"[^\W\d_]+")
_ONE_EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u2600-\u27bf\u2b05-\u2b55\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]{0,2}"
    "(?:\u200d[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]{0,2}){0,7})"
)
_SAME_EMOJI = re.compile(rf"({_ONE_EMOJI})(?:\s*\1)+")
_NAMES = re.compile(r"(?<![^\W_])(?!https?(?![^\W_]))[^\W_]+|[\u2600-\u27bf\U0001f000-\U0001faff]+")
_SHOUTED = 4  # letters of a word in capitals; fewer are an abbreviation: "AT&T", "R&B"
_ROUNDS = 6  # each unwraps one layer of what hides in entities; written by people, one is enough


def normalise(text: str) -> str:
    """Return a text of social media as encoders should read it.

    Dropped: links, mentions and signs of retweets and threads where they stand before or
    after the words, HTML, invisible characters, all but one of equal emoji in a row.
    Mentions within a sentence and hashtags become words, elongated words their usual form,
    a text in capitals small letters.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Normalised again it stays as it is. A text of nothing but mentions, links and
        counters keeps their words; empty only where there is nothing to see.

    Examples
    --------
    >>> normalise("RT @anna: Sooooo late again &amp; nobody cares 😤😤😤 #MondayMotivation (1/3)")
    'So late again & nobody cares 😤 monday motivation'
    >>> normalise("@anna https://example.org/cats")
    'anna example org cats'
    """
    for _ in range(_ROUNDS):
        once = _once(text)
        if once == text:
            break
        text = once
    return text


def _once(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _unescape(text)))
    everything = " ".join(_TAG.sub(" ", plain).split())
    plain = " ".join(_without_frame(_LINK.sub(_link_end, everything).split()))
    if not plain.strip(" .,:;!?"):  # rather the names of mentions and links than nothing
        plain = " ".join(_NAMES.findall(everything)) or everything
    plain = _MENTION.sub(lambda match: match[0].split("@")[1], plain)
    plain = _HASHTAG.sub(lambda match: _as_words(match[0]), plain)
    plain = _SIGNS.sub(lambda match: (match[1] or match[2] or match[3]) * 3, plain)
    plain = _SAME_EMOJI.sub(r"\1", plain)
    plain = _SYLLABLES.sub(r"\1\1", plain)
    plain = _WORD.sub(_usual_form, plain)
    return in_small_letters(" ".join(plain.split()))


def words_of_hashtags(text: str) -> list[list[str]]:
    """Return the words of each hashtag of a text.

    Examples
    --------
    >>> words_of_hashtags("Late again #MondayMotivation #fuming")
    [['Monday', 'Motivation'], ['fuming']]
    """
    found = _HASHTAG.findall(unicodedata.normalize("NFKC", _unescape(text)))
    return [split_hashtag(tag) for tags in found for tag in tags.split("#") if tag]


def in_small_letters(line: str) -> str:
    """Return a line that is mostly capitals in small letters, any other as it is.

    Encoders cut words in capitals into pieces that say little.

    Examples
    --------
    >>> in_small_letters("WHEN IT IS MONDAY"), in_small_letters("NASA is here")
    ('When it is monday', 'NASA is here')
    """
    capitals = sum(letter.isupper() for letter in line)
    small = sum(letter.islower() for letter in line)
    shouted = capitals > 2 * small and any(
        word.isupper() and len(word) >= _SHOUTED for word in _WORD.findall(line)
    )
    return line.capitalize() if shouted else line


def _unescape(text: str) -> str:
    text = _NESTED.sub("&", text)
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def _link_end(match: re.Match[str]) -> str:
    """Return what follows a link directly: the sign that ends a sentence."""
    end = _ENDS_SENTENCE.search(match[0])
    return (end[0] if end else "") + " "


def _without_frame(words: list[str]) -> list[str]:
    """Leave out what stands before and after the words of a post and is not one of them."""
    first, last = 0, len(words)
    while first < last and _opens(words, first, last):
        first += 1
    while first < last and _closes(words, first, last):
        last -= 1
    return words[first:last]


def _opens(words: list[str], i: int, last: int) -> bool:
    word, after = words[i], words[i + 1] if i + 1 < last else ""
    if word in _RETWEET:
        return not after or "@" in after or after == ":"
    if i and word == ":":
        return True
    bare = _BARE_COUNTER.fullmatch(word)
    if bare and _counts(bare):
        # "1/2 cup of sugar" begins with a fraction, "1/2 Today was ..." does not.
        return not after[:1].islower()
    return _is_frame(word)


def _closes(words: list[str], first: int, last: int) -> bool:
    word = words[last - 1]
    bare = _BARE_COUNTER.fullmatch(word)
    if bare and _counts(bare):
        # A date or a score belongs to its sentence: "see you on 3/12".
        return last - 1 == first or not words[last - 2][-1].isalnum()
    if last < len(words) and (word.lower().strip("(:") in _VIA or word in _BETWEEN):
        return True  # whom it names is gone
    return _is_frame(word)


def _is_frame(word: str) -> bool:
    core, sign = word.strip(".,:;()-"), word.strip(_THREAD_SIGNS)
    return (
        (not core.strip("@") and "@" in word)
        or bool(_MENTION.fullmatch(core) or _CUT_LINK.fullmatch(word))
        or bool(_COUNTER.fullmatch(sign) or _THREAD.fullmatch(word))
        or ("🧵" in word and (not sign or bool(_BARE_COUNTER.fullmatch(sign))))
    )


def _counts(match: re.Match[str]) -> bool:
    return 1 <= int(match[1]) <= int(match[2]) <= 40 and match[0] not in _NO_COUNTERS


def _as_words(tag: str) -> str:
    words = [word for part in tag.split("#") for word in split_hashtag(part)]
    # Capitals inside a tag only divide it: "#MondayBlues" is written for "monday blues".
    small = len(words) > 1
    return " ".join(word.lower() if small and word.istitle() else word for word in words)


def _usual_form(match: re.Match[str]) -> str:
    """Shorten an elongated word to the form that is a word: "coooool" to "cool", "sooo" to "so"."""
    word = match[0]
    if not _LONG.search(word):
        return word
    if len(set(word.lower())) == 1:  # "hmmm", "XXX" and "aaaah" are no elongated words
        return word[:3]
    twice = _LONG.sub(r"\1\1", word)
    once = _LONG.sub(r"\1", word)
    return twice if usage(twice) > usage(once) else once
