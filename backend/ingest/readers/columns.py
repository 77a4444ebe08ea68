"""Guess the fields of the columns of an unknown table, by their names and values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import dates
from backend.ingest.readers.base import ColumnMapping, Row

# Normalised column names of each field, best first.
_NAMES = {
    "id": "id postid tweetid statusid idstr messageid photoid commentid uid uuid key nr no",
    "text": (
        "text content body message tweet caption fulltext tweettext posttext selftext comment "
        "description lyrics nachricht beitrag texte texto testo inhalt kommentar review sentence "
        "post status quote"
    ),
    "title": "title headline subject titel titre titulo",
    "image": (
        "image imagepath imagefile imageurl img photo picture filename file path mediaurl media "
        "bild foto downloadurl thumbnail video gif"
    ),
    "audio": "audio audiopath audiofile audiourl sound song clip music wav mp3 ton recording",
    "user": (
        "user userid author authorid username screenname handle account nsid usernsid owner "
        "creator artist poster benutzer nutzer autor auteur von sender userscreenname "
        "authorusername usernickname name"
    ),
    "name": (
        "displayname fullname authorname nickname screenname userscreenname username "
        "authorusername handle"
    ),
    "time": (
        "time date datetime timestamp created createdat createdutc published publishedat posted "
        "postedat datum zeit fecha datetaken dateuploaded"
    ),
    "language": "language lang sprache langue idioma locale",
    "tags": "tags hashtags keywords usertags topics schlagworte tag",
    "label": (
        "label labels class category sentiment emotion mood target stance annotation polarity "
        "rating"
    ),
    "licence": "licence license licencename licensename rights",
    "url": "url link permalink pageurl webpage uri href",
}
NAMES = {field: tuple(names.split()) for field, names in _NAMES.items()}
_IMAGES = re.compile(r"\.(jpe?g|png|webp|gif|bmp|tiff?|heic|avif|mp4|mov|webm)(\?.*)?$", re.I)
_SOUNDS = re.compile(r"\.(wav|mp3|ogg|oga|opus|flac|m4a|aac|aiff?)(\?.*)?$", re.I)


def normalise(column: str) -> str:
    """Normalise a column name: lower case, letters and digits only.

    Examples
    --------
    >>> normalise("Created_At"), normalise("user.screen_name")
    ('createdat', 'userscreenname')
    """
    return re.sub(r"[\W_]+", "", column.casefold())


def guess(columns: Sequence[str], samples: Sequence[Row]) -> ColumnMapping:
    """Guess the columns of each field.

    Parameters
    ----------
    columns : sequence of str
    samples : sequence of Row
        Some rows; their values can overrule the names.

    Returns
    -------
    mapping of str to tuple of str
        Columns by field; a missing field has no entry.
    """
    values = {c: [r.cells[c] for r in samples if r.cells.get(c) not in (None, "")] for c in columns}
    unassigned = [c for c in columns if values[c] or not samples]
    mapping: dict[str, tuple[str, ...]] = {}

    def assign(field: str, column: str) -> None:
        mapping[field] = (*mapping.get(field, ()), column)
        unassigned.remove(column)

    # Columns of media files are recognised by their values, whatever their names.
    for column in list(unassigned):
        if _mostly(values[column], _IMAGES):
            assign("image", column)
        elif _mostly(values[column], _SOUNDS):
            assign("audio", column)
    for field, known_names in NAMES.items():
        if field in mapping and field not in ("tags", "label"):
            continue
        by_name = {normalise(c): c for c in reversed(unassigned)}
        for name in known_names:
            match = by_name.get(name)
            if match is not None and match in unassigned and _plausible(field, values[match]):
                assign(field, match)
                if field != "label":
                    break
    if "text" not in mapping and (wordy := _wordiest_column(unassigned, values)):
        assign("text", wordy)
    if "user" not in mapping and "name" in mapping:
        mapping["user"] = mapping.pop("name")
    return mapping


def _mostly(values: Sequence[Any], pattern: re.Pattern[str]) -> bool:
    """Whether more than half of the values are file names that match a pattern."""
    texts = [v for v in values if isinstance(v, str)]
    media = [v for v in values if isinstance(v, dict) and ("bytes" in v or "path" in v)]
    matching = sum(len(t) < 2000 and bool(pattern.search(t.strip())) for t in texts)
    matching += sum(bool(pattern.search(str(m.get("path") or ""))) for m in media)
    return bool(values) and matching > 0.5 * len(values)


def _plausible(field: str, values: Sequence[Any]) -> bool:
    """Whether the values of a column fit a field that its name suggests."""
    if not values:
        return True
    if field == "time":
        parsed = 0
        for value in values:
            try:
                dates.parse(value)
                parsed += 1
            except KindredError:
                continue
        return parsed > 0.5 * len(values)
    if field in ("image", "audio"):
        # Recognised by values above; by name only for addresses and embedded files.
        return all(
            isinstance(v, dict | bytes) or str(v).lower().startswith(("http:", "https:"))
            for v in values
        )
    if field == "id":
        return len({str(v) for v in values}) == len(values)
    if field == "url":
        return all(str(v).lower().startswith(("http:", "https:")) for v in values)
    return True


def _wordiest_column(columns: Sequence[str], values: dict[str, list[Any]]) -> str | None:
    """Return the column with the most words a cell, if more than two."""
    best, most_words = None, 2.0
    for column in columns:
        texts = [v for v in values[column] if isinstance(v, str) and not v.startswith("http")]
        words = sum(len(t.split()) for t in texts) / max(1, len(values[column]))
        if words > most_words:
            best, most_words = column, words
    return best
