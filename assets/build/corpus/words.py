"""Clean what people typed: titles, tags, descriptions and author names."""

from __future__ import annotations

import html
import re
import unicodedata
from contextlib import suppress

_HASH = re.compile(r"\bhash\s*\(\s*0x[0-9a-f]+\s*\)|\b0x[0-9a-f]{5,}\b", re.I)
_EMAIL = re.compile(
    r"(?:mailto:)?[\w.+-]+(?:@|\s+(?:ON|AT)\s+|AT(?=\w+DOT))[\w-]+(?:\.|DOT)[\w.-]+\w"
)
_LINK = re.compile(r"(?:https?://|www\.)[^\s)>\]]+", re.I)
_BRACKETS = re.compile(r"\s*[(\[<][^)\]>]*[)\]>]")
_SPACE = re.compile(r"\s+")


def plain(text: str | None) -> str:
    """Entities, broken UTF-8, control characters and object dumps out; one line.

    Examples
    --------
    >>> plain("Tom&Atilde;&iexcl; HASH(0x8a4d510)  x")
    'Tomá x'
    """
    text = html.unescape(html.unescape(text or ""))
    if re.search("[ÃÅÄ][\x80-\xbf¡-¿]", text):
        for wrong in ("cp1252", "latin-1"):
            with suppress(UnicodeError):
                text = text.encode(wrong).decode("utf-8")
                break
    text = unicodedata.normalize("NFC", _HASH.sub(" ", text))
    text = "".join(
        c if unicodedata.category(c)[0] != "C" or c in "\u200d\u200c" else " " for c in text
    )
    return _SPACE.sub(" ", text).strip()


def _tidy(text: str) -> str:
    """Remove the punctuation that a removed name or link leaves behind."""
    text = re.sub(r"\(\s*\)|\[\s*\]|<\s*>", " ", text)
    text = _SPACE.sub(" ", text).strip(" -–:;,")
    if text.count("(") != text.count(")"):
        text = text.strip("()").strip()
    return text


def without_contacts(text: str) -> str:
    """Remove mail addresses and links; what people posted stays, how to reach them does not."""
    text = _LINK.sub(" ", _EMAIL.sub(" ", text))
    return _tidy(text)


def slug(text: str) -> str:
    """Letters and digits only, without accents, lower case.

    Examples
    --------
    >>> slug("A.J. Ashtón")
    'ajashton'
    """
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if c.isalnum())


def tokens(text: str) -> list[str]:
    """Words of a name without accents, lower case."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", text)


def author_name(raw: str | None) -> str | None:
    """A display name without mail addresses, remarks and co-authors, or None.

    Examples
    --------
    >>> author_name("Martin Kozák <martin.kozak@openoffice.cz>")
    'Martin Kozák'
    >>> author_name("fudriot@omic.ch")
    'fudriot'
    """
    text = plain(raw)
    if re.search(r"^(unknown|anonymous|me|historic\b.*|)$", text, re.I):
        return None
    text = re.sub(r"^Clipart convert made by ", "", text)
    short = _BRACKETS.sub("", text).strip(" ,")
    short = re.split(r"\s+(?:and|et al)\b|,", short)[0].strip()
    if _EMAIL.fullmatch(short):
        short = re.sub(r"^mailto:", "", short)
        short = re.split(r"@|\s+(?:ON|AT)\s+|AT(?=\w+DOT)", short)[0]
    short = re.sub(r"^(?:https?://)?(?:www\.)?([\w-]+)\.(?:de|com|org)\b.*$", r"\1", short)
    return short or None


def names_author(tag: str, author: str | None) -> bool:
    """Whether a tag is (part of) the author's name."""
    if not author:
        return False
    words = tokens(tag)
    return bool(words) and (slug(tag) == slug(author) or set(words) <= set(tokens(author)))


def strip_author(text: str, author: str | None) -> str:
    """Remove ``Clipart by NAME -``, ``by NAME`` and the bare name from a text.

    Examples
    --------
    >>> strip_author("Clipart by Nicu Buculei - baloon1_04", "Nicu Buculei")
    'baloon1_04'
    """
    if author and len(slug(author)) >= 3:
        name = re.escape(author)
        text = re.sub(
            rf"(?:\b(?:clip\s?art|made|drawn|created|design(?:ed)?|image)?\s*\bby\s+)?(?<!\w){name}(?!\w)",
            " ",
            text,
            flags=re.I,
        )
    text = re.sub(r"^\s*clip\s?art by [\w. ]+? - ", "", text, flags=re.I)
    return _tidy(text)


def numberless(title: str) -> str:
    """A title without a running number stuck to its last word.

    Examples
    --------
    >>> numberless("Bee1"), numberless("BlueMan#103"), numberless("Boeing 747")
    ('Bee', 'BlueMan', 'Boeing 747')
    """
    title = re.sub(r"(?<=[^\W\d_]{3})[#_-]?\d{1,3}$|\s*#\d+$|\s+0\d$", "", title)
    if title.count("-") >= 2 and " " not in title:
        title = title.replace("-", " ")
    return title


def file_words(stem: str, *authors: str | None) -> str:
    """The words of a file name without its running number and (cut-off) author.

    Examples
    --------
    >>> file_words("farfalla_stilizzata_arch_01", "Architetto Francesco Rollandin")
    'farfalla stilizzata'
    """
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    words = [w for w in re.split(r"[\W_]+", stem) if w]
    names = [slug(a) for a in authors if a and slug(a)]
    initials = {"".join(w[0] for w in tokens(a)) for a in authors if a and len(tokens(a)) > 2}
    for i in range(len(words)):
        tail = re.sub(r"(?<=..)r$", "", re.sub(r"\d+", "", slug("".join(words[i:]))))
        if tail and any(n.startswith(tail) or tail.startswith(n) for n in names):
            words = words[:i]
            break
    words = [re.sub(r"(?<=[a-z])\d+[a-z]?$", "", w) for w in words]
    fillers = r"\d+[a-z]?|v\d*|md|bw|ganson|arki|openclipart|r|svg|hash|0x\w+"
    return " ".join(w for w in words if w not in initials and not re.fullmatch(fillers, w))


_SMALL = {
    "en": "the of and with a an in on is for this to from by without",
    "fr": "le les des une et sur avec pour dans au aux en sans",
    "it": "il di della del con che gli una nella dei delle per senza",
    "es": "los las del una y con para por sin",
    "pt": "um uma dos das para em seus muito",
    "de": "der die das und mit keine ein eine für auf im",
}


def language(text: str, usual: str = "en") -> str:
    """Language of a short text by its small words; `usual` where they do not tell.

    Examples
    --------
    >>> language("Bitte keine Tueten rauchen"), language("Cigno di notte", "it"), language("Tux")
    ('de', 'it', 'en')
    """
    said = tokens(text)
    scores = {code: sum(w in small.split() for w in said) for code, small in _SMALL.items()}
    best = max(scores, key=lambda code: (scores[code], code == usual, code == "en"))
    tied = [code for code, score in scores.items() if score == scores[best]]
    return best if scores[best] and len(tied) == 1 else usual


def sentence(text: str) -> str:
    """First letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]
