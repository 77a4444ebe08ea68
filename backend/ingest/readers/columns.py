"""Which column of an unknown table is what: by its name first, by its values then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import dates
from backend.ingest.readers.base import Mapped, Row

# Normalised names, best first. What is listed for one field is not looked for in another.
NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "postid",
        "tweetid",
        "statusid",
        "idstr",
        "messageid",
        "photoid",
        "commentid",
        "uid",
        "uuid",
        "key",
        "nr",
        "no",
    ),
    "text": (
        "text",
        "content",
        "body",
        "message",
        "tweet",
        "caption",
        "fulltext",
        "tweettext",
        "posttext",
        "selftext",
        "comment",
        "description",
        "lyrics",
        "nachricht",
        "beitrag",
        "texte",
        "texto",
        "testo",
        "inhalt",
        "kommentar",
        "review",
        "sentence",
        "post",
        "status",
        "quote",
    ),
    "title": ("title", "headline", "subject", "titel", "titre", "titulo"),
    "image": (
        "image",
        "imagepath",
        "imagefile",
        "imageurl",
        "img",
        "photo",
        "picture",
        "filename",
        "file",
        "path",
        "mediaurl",
        "media",
        "bild",
        "foto",
        "downloadurl",
        "thumbnail",
        "video",
        "gif",
    ),
    "audio": (
        "audio",
        "audiopath",
        "audiofile",
        "audiourl",
        "sound",
        "song",
        "clip",
        "music",
        "wav",
        "mp3",
        "ton",
        "recording",
    ),
    "user": (
        "user",
        "userid",
        "author",
        "authorid",
        "username",
        "screenname",
        "handle",
        "account",
        "nsid",
        "usernsid",
        "owner",
        "creator",
        "artist",
        "poster",
        "benutzer",
        "nutzer",
        "autor",
        "auteur",
        "von",
        "sender",
        "userscreenname",
        "authorusername",
        "usernickname",
        "name",
    ),
    "name": (
        "displayname",
        "fullname",
        "authorname",
        "nickname",
        "screenname",
        "userscreenname",
        "username",
        "authorusername",
        "handle",
    ),
    "time": (
        "time",
        "date",
        "datetime",
        "timestamp",
        "created",
        "createdat",
        "createdutc",
        "published",
        "publishedat",
        "posted",
        "postedat",
        "datum",
        "zeit",
        "fecha",
        "datetaken",
        "dateuploaded",
    ),
    "language": ("language", "lang", "sprache", "langue", "idioma", "locale"),
    "tags": ("tags", "hashtags", "keywords", "usertags", "topics", "schlagworte", "tag"),
    "label": (
        "label",
        "labels",
        "class",
        "category",
        "sentiment",
        "emotion",
        "mood",
        "target",
        "stance",
        "annotation",
        "polarity",
        "rating",
    ),
    "licence": ("licence", "license", "licencename", "licensename", "rights"),
    "url": ("url", "link", "permalink", "pageurl", "webpage", "uri", "href"),
}
_IMAGES = re.compile(r"\.(jpe?g|png|webp|gif|bmp|tiff?|heic|avif|mp4|mov|webm)(\?.*)?$", re.I)
_SOUNDS = re.compile(r"\.(wav|mp3|ogg|oga|opus|flac|m4a|aac|aiff?)(\?.*)?$", re.I)


def key(column: str) -> str:
    """A column's name without case, spaces and signs.

    Examples
    --------
    >>> key("Created_At"), key("user.screen_name")
    ('createdat', 'userscreenname')
    """
    return re.sub(r"[\W_]+", "", column.casefold())


def guess(columns: Sequence[str], samples: Sequence[Row]) -> Mapped:
    """Guess which columns make which field.

    Parameters
    ----------
    columns : sequence of str
    samples : sequence of Row
        Some rows; their values can overrule a name.

    Returns
    -------
    mapping of str to tuple of str
        Field to columns; a field that is not there has no entry.
    """
    values = {c: [r.cells[c] for r in samples if r.cells.get(c) not in (None, "")] for c in columns}
    left = [c for c in columns if values[c] or not samples]
    found: dict[str, tuple[str, ...]] = {}

    def take(field: str, column: str) -> None:
        found[field] = (*found.get(field, ()), column)
        left.remove(column)

    # Files speak for themselves, whatever their column is called.
    for column in list(left):
        if _share(values[column], _IMAGES):
            take("image", column)
        elif _share(values[column], _SOUNDS):
            take("audio", column)
    for field, known in NAMES.items():
        if field in found and field not in ("tags", "label"):
            continue
        by_name = {key(c): c for c in reversed(left)}
        for name in known:
            named = by_name.get(name)
            if named is not None and named in left and _plausible(field, values[named]):
                take(field, named)
                if field != "label":
                    break
    if "text" not in found and (wordy := _wordiest(left, values)):
        take("text", wordy)
    if "user" not in found and "name" in found:
        found["user"] = found.pop("name")
    return found


def _share(values: Sequence[Any], pattern: re.Pattern[str]) -> bool:
    texts = [v for v in values if isinstance(v, str)]
    media = [v for v in values if isinstance(v, dict) and ("bytes" in v or "path" in v)]
    named = sum(len(t) < 2000 and bool(pattern.search(t.strip())) for t in texts)
    named += sum(bool(pattern.search(str(m.get("path") or ""))) for m in media)
    return bool(values) and named > 0.5 * len(values)


def _plausible(field: str, values: Sequence[Any]) -> bool:
    if not values:
        return True
    if field == "time":
        good = 0
        for value in values:
            try:
                dates.parse(value)
                good += 1
            except KindredError:
                continue
        return good > 0.5 * len(values)
    if field in ("image", "audio"):
        # By name alone only where it is an address or an embedded file.
        return all(
            isinstance(v, dict | bytes) or str(v).lower().startswith(("http:", "https:"))
            for v in values
        )
    if field == "id":
        return len({str(v) for v in values}) == len(values)
    if field == "url":
        return all(str(v).lower().startswith(("http:", "https:")) for v in values)
    return True


def _wordiest(columns: Sequence[str], values: dict[str, list[Any]]) -> str | None:
    """The column with the most words in a cell."""
    best, most = None, 2.0
    for column in columns:
        texts = [v for v in values[column] if isinstance(v, str) and not v.startswith("http")]
        words = sum(len(t.split()) for t in texts) / max(1, len(values[column]))
        if words > most:
            best, most = column, words
    return best
