"""What names of columns say: which field they may hold, and whose."""

from __future__ import annotations

import re
import unicodedata

# Words of names whose columns hold labels, and words of names whose columns do not.
_LABELS = frozenset(
    [
        "label",
        "labels",
        "class",
        "classes",
        "category",
        "sentiment",
        "sentiments",
        "emotion",
        "emotions",
        "mood",
        "target",
        "stance",
        "annotation",
        "annotations",
        "annotator",
        "rater",
        "polarity",
        "rating",
        "majority",
        "gold",
        "consensus",
        "sarcasm",
        "sarcastic",
        "irony",
        "ironic",
        "hate",
        "hateful",
        "offensive",
        "toxic",
        "toxicity",
        "humor",
        "humour",
        "valence",
        "arousal",
        "dominance",
        "intensity",
        "bezeichnung",
        "etiqueta",
        "etiquette",
        "klasse",
        "stimmung",
        "gefuhl",
        "sentimiento",
        "sentimento",
        "split",
        "theme",
        "topic",
        "thema",
        "tema",
        "kategorie",
        "categorie",
        "categoria",
        "kategori",
        "категория",
    ]
)
_NO_LABELS = frozenset(
    [
        "confidence",
        "probability",
        "prob",
        "time",
        "date",
        "at",
        "url",
        "link",
        "id",
        "ids",
        "text",
        "count",
        "counts",
        "by",
        "user",
        "author",
        "reason",
        "explanation",
        "comment",
        "comments",
        "name",
        "source",
        "version",
    ]
)
_TEXTS = frozenset(
    [
        "text",
        "tweet",
        "tweets",
        "post",
        "message",
        "comment",
        "content",
        "body",
        "caption",
        "review",
        "sentence",
        "utterance",
        "transcript",
        "snippet",
        "statement",
        "question",
        "answer",
        "feedback",
        "opinion",
        "headline",
    ]
)
_DERIVED = frozenset(
    [
        "clean",
        "cleaned",
        "tokens",
        "tokenized",
        "lemmatized",
        "stemmed",
        "processed",
        "preprocessed",
        "translated",
        "translation",
        "normalized",
        "lower",
        "length",
        "len",
        "count",
        "parent",
        "quoted",
        "reply",
        "retweeted",
    ]
)
# Of the author, not of the post.
_OWNERS = frozenset(
    [
        "user",
        "author",
        "account",
        "owner",
        "from",
        "creator",
        "sender",
        "profile",
        "channel",
        "member",
        "poster",
        "accounts",
        "users",
        "publisher",
        "uploader",
        "actor",
    ]
)
_ABOUT = frozenset(
    [
        "bio",
        "biography",
        "about",
        "description",
        "desc",
        "summary",
        "signature",
        "location",
        "tagline",
    ]
)
_PORTRAITS = frozenset(
    [
        "avatar",
        "avatars",
        "portrait",
        "header",
        "banner",
        "icon",
        "logo",
        "userpic",
        "profilepic",
        "background",
        "badge",
        "profile",
        "favicon",
        "headshot",
    ]
)
# Other posts, and things that are no posts.
_OTHERS = frozenset(
    [
        "retweetedstatus",
        "quotedstatus",
        "quotedtweet",
        "retweetedtweet",
        "quoted",
        "retweeted",
        "reblog",
        "parent",
        "reply",
        "replies",
        "inreplyto",
        "inreplytotweet",
        "place",
        "geo",
        "entities",
        "extendedentities",
        "referencedtweets",
        "matchingrules",
        "application",
        "source",
        "coordinates",
        "includes",
    ]
)
_OTHER_DATES = frozenset(
    [
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "joined",
        "member",
        "updated",
        "modified",
        "edited",
        "retrieved",
        "collected",
        "scraped",
        "crawled",
        "downloaded",
        "accessed",
        "deleted",
        "expires",
        "archived",
        "last",
        "user",
        "author",
        "account",
        "profile",
    ]
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W_]+")


def normalise(column: str) -> str:
    """Normalise a column name: lower case, letters and digits without accents.

    Examples
    --------
    >>> normalise("Created_At"), normalise("user.screen_name"), normalise("Veröffentlicht")
    ('createdat', 'userscreenname', 'veroffentlicht')
    """
    folded = re.sub(r"[\W_]+", "", column.casefold())
    if folded.isascii():
        return folded
    latin = "".join(
        c for c in unicodedata.normalize("NFKD", folded) if not "\u0300" <= c <= "\u036f"
    )
    return unicodedata.normalize("NFC", latin)


def tokens(column: str) -> list[str]:
    """Return the words of a name.

    Examples
    --------
    >>> tokens("airline_sentiment"), tokens("OriginalTweet"), tokens("annotator1")
    (['airline', 'sentiment'], ['original', 'tweet'], ['annotator'])
    """
    found = (t.rstrip("0123456789") for t in _TOKEN.findall(_CAMEL.sub(" ", column)))
    return [normalise(t) for t in found if t]


def _ancestors(column: str) -> list[str]:
    return [normalise(part) for part in column.split(".")[:-1] if part.strip()]


def leaf(column: str) -> str:
    """Return the normalised last part of a nested name."""
    return normalise(next((part for part in reversed(column.split(".")) if part.strip()), column))


def is_nested(column: str) -> bool:
    """Whether a name is of a value inside an object."""
    return bool(_ancestors(column))


def is_of_owner(column: str) -> bool:
    """Whether a name is of something of the author: a value of an object, a biography."""
    if set(_ancestors(column)) & _OWNERS:
        return True
    words = set(tokens(column))
    return (bool(words & _OWNERS) and bool(words & _ABOUT)) or bool(words & {"bio", "biography"})


def is_of_another(column: str) -> bool:
    """Whether a name is of another post, or of what is no post."""
    return bool(set(_ancestors(column)) & _OTHERS)


def is_portrait(column: str) -> bool:
    """Whether a name is of a picture of the author or of the page, not of the post."""
    words = set(tokens(column))
    return bool(words & _PORTRAITS) or bool(set(_ancestors(column)) & _OWNERS)


def is_label(column: str) -> bool:
    """Whether a name is of labels."""
    words = set(tokens(column))
    others = words - _LABELS
    named = others <= {"text", "name"}  # label_name
    return others != words and (named or not words & _NO_LABELS) and not is_of_another(column)


def is_textual(column: str) -> bool:
    """Whether a name has a word for texts in it, and none for what is made of texts."""
    words = set(tokens(column))
    return bool(words & _TEXTS) and not words & _DERIVED


def is_derived(column: str) -> bool:
    """Whether a name is of what is made of texts, such as their tokens."""
    return bool(set(tokens(column)) & _DERIVED)


def is_other_date(column: str) -> bool:
    """Whether a name is of a date, but not of when the post was published."""
    return bool(set(tokens(column)) & _OTHER_DATES)
