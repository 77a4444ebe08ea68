"""Rows to posts: mapped, cleaned, checked, each once; media only named."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.corpus.schema import check_id
from backend.domain import KindredError, Post, Reaction, User
from backend.ingest import languages
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import dates, registry
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.parquet import embedded
from backend.media import clean_text
from backend.settings import settings

log = logging.getLogger(__name__)

_WEB = re.compile(r"https?://", re.IGNORECASE)
_SPLIT = re.compile(r"[,;|]")
_NAME = 200  # characters of a tag, a label, a title, a licence
_TAGS = 100
# What a value from outside makes Python and its libraries raise.
_BAD = (ArithmeticError, AssertionError, RecursionError, ValueError)


@dataclass(frozen=True, slots=True)
class Medium:
    """Where the bytes of a medium are; one of the three is set."""

    name: str = ""  # in the source
    url: str = ""
    data: bytes = b""

    @property
    def shown(self) -> str:
        """What to call it in a sentence."""
        return self.name or self.url[:120] or "the embedded file"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a row that the person should know.

    Attributes
    ----------
    number : int
        Of the row.
    code, message : str
    lost : bool
        Whether the row gives no post because of it.
    """

    number: int
    code: str
    message: str
    lost: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A post whose media are still in the source.

    Attributes
    ----------
    number : int
        Of its row.
    post : Post
        Without media.
    image, audio : Medium or None
    user : User or None
    reactions : tuple of Reaction
    notices : tuple of Notice
        What was left out of it.
    """

    number: int
    post: Post
    image: Medium | None = None
    audio: Medium | None = None
    user: User | None = None
    reactions: tuple[Reaction, ...] = ()
    notices: tuple[Notice, ...] = ()

    def fingerprint(self) -> str:
        """A hash of all that the row says, media by their names."""
        said = [
            getattr(self.post, name)
            for name in ("id", "text", "user", "language", "title", "tags", "licence", "url")
        ]
        said += [str(self.post.time), sorted(self.post.labels.items())]
        for medium in (self.image, self.audio):
            data = hashlib.sha256(medium.data).hexdigest() if medium else ""
            said.append([medium.name, medium.url, data] if medium else None)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def drafts(
    tree: Tree, format_: str, options: Options, keys: Pseudonyms | None = None
) -> Iterator[Draft | Notice | Reaction]:
    """The posts of a source, in its order; the same source gives the same posts.

    Parameters
    ----------
    tree : Tree
    format_ : str
    options : Options
    keys : Pseudonyms, optional
        Needed to pseudonymise.

    Yields
    ------
    Draft, Notice or Reaction
        A notice for each row that gives no post; a reaction that belongs to none.

    Raises
    ------
    KindredError
        When the source as a whole cannot be read; ``too_many_rows``.
    """
    maker = _Maker(tree, registry.mapping(tree, format_, options), options, keys)
    seen: dict[bytes, int] = {}
    told = False
    limit = settings().limits.rows
    for count, row in enumerate(registry.rows(tree, format_, options), start=1):
        if count > limit:
            raise KindredError(
                "too_many_rows", f"The source has more than {limit:,} rows, the limit."
            )
        if row.error is not None:
            yield Notice(row.number, row.error.code, row.error.message)
            continue
        try:
            if not row.cells:
                yield from [maker.reaction(reaction) for reaction in row.reactions]
                continue
            draft = maker.draft(row)
        except KindredError as error:
            yield Notice(row.number, error.code, error.message)
            continue
        except _BAD:
            if not told:  # the first speaks for the rest, of which there may be millions
                log.exception("Row %d of a source could not be made a post", row.number)
                told = True
            said = "It holds something that cannot be read, and is left out."
            yield Notice(row.number, "bad_row", said)
            continue
        hashed = hashlib.blake2b(draft.post.id.encode(), digest_size=8).digest()
        if hashed in seen:
            said = f"Its id {draft.post.id[:60]!r} was already in row {seen[hashed]:,}."
            yield Notice(row.number, "duplicate_id", said)
            continue
        seen[hashed] = row.number
        yield draft


class _Maker:
    def __init__(
        self, tree: Tree, mapping: Mapped, options: Options, keys: Pseudonyms | None
    ) -> None:
        self._tree, self._mapping, self._options = tree, mapping, options
        self._keys = keys if options.pseudonymise else None
        self._day_first = options.separator == ";"
        if options.pseudonymise and keys is None:
            raise ValueError("pseudonyms need a key")

    def reaction(self, given: Reaction) -> Reaction:
        """A reaction without names, if they are not wanted."""
        if self._keys is None:
            return given
        return Reaction(self._keys.name(given.user), self._keys.id(given.post), given.kind)

    def draft(self, row: Row) -> Draft:
        notices: list[Notice] = []

        def short(field: str) -> str | None:
            text = clean_text(_joined(self._cells(row, field), " ")[: 50 * _NAME])
            return " ".join(text.split())[:_NAME] if text else None

        media = {kind: self._medium(row, kind, notices) for kind in ("image", "audio")}
        text = clean_text(_joined(_unlike(self._cells(row, "text")), "\n"))
        if text is None and not any(media.values()):
            if notices:
                raise KindredError(notices[0].code, notices[0].message)
            raise KindredError("empty_post", "It has no text, no image and no sound.")
        title, user = short("title"), short("user")
        if user is not None:
            user = user.removeprefix("@")
            check_id(user, "user")
        if text is None and title is not None and not any(media.values()):
            text = title
        labels = {
            column: value
            for column in self._mapping.get("label", ())
            if (value := _label(row.cells.get(column)))
        }
        if self._options.folders_as_labels and (folder := _label(row.cells.get("folder"))):
            labels["folder"] = folder
        name, url = short("name"), short("url")
        post = Post(
            id=self._id(row, text, user, media),
            text=text,
            user=user,
            time=self._time(row, notices),
            language=self._language(row, text),
            title=title,
            tags=self._tags(row),
            labels=labels,
            licence=short("licence") or self._options.licence or None,
            source=self._tree.name[:_NAME],
            url=url if url and _WEB.match(url) else None,
        )
        if self._keys is not None:
            post, name = self._hidden(post), None
        known = User(post.user, (name or post.user)[:_NAME]) if post.user else None
        return Draft(
            row.number,
            post,
            media["image"],
            media["audio"],
            known,
            tuple(map(self.reaction, row.reactions)),
            tuple(notices),
        )

    def _hidden(self, post: Post) -> Post:
        keys = self._keys
        assert keys is not None
        return replace(
            post,
            id=keys.id(post.id),
            user=keys.name(post.user) if post.user else None,
            text=keys.text(post.text) if post.text else None,
            title=keys.text(post.title) if post.title else None,
            url=None,  # an address of a post names its author nearly always
        )

    def _cells(self, row: Row, field: str) -> list[Any]:
        found = (row.cells.get(column) for column in self._mapping.get(field, ()))
        return [value for value in found if value is not None and value != ""]

    def _id(
        self, row: Row, text: str | None, user: str | None, media: Mapping[str, Medium | None]
    ) -> str:
        given = _joined(self._cells(row, "id"), "-").strip()
        if given:
            if isinstance(row.cells.get(self._mapping["id"][0]), float) and given.endswith(".0"):
                given = given[:-2]
            check_id(given)
            return given
        # The same row has the same id in a later import, wherever it stands.
        said = [text, user, str(self._cells(row, "time"))]
        said += [m.name or m.url or hashlib.sha256(m.data).hexdigest() for m in media.values() if m]
        return "row-" + hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]

    def _medium(self, row: Row, kind: str, notices: list[Notice]) -> Medium | None:
        given = [
            g
            for cell in self._cells(row, kind)
            for g in (cell if isinstance(cell, list) else [cell])
        ]
        if len(given) > 1:
            said = f"Of its {len(given)} files only the first ({kind}) is taken."
            notices.append(Notice(row.number, "more_media", said, lost=False))
        if not given:
            return None
        if data := embedded(given[0]):
            return Medium(data=data)
        path = given[0].get("path") if isinstance(given[0], dict) else given[0]
        text = str(path or "").strip()
        try:
            if len(text) > 2_000:
                raise KindredError("bad_media_path", f"{text[:60]!r}… is too long for a path.")
            if _WEB.match(text):
                if not self._options.fetch:
                    raise KindredError(
                        "not_fetched", f"{text[:120]} is an address; choose to fetch addresses."
                    )
                return Medium(url=text)
            return Medium(name=self._tree.find(text, row.file))
        except KindredError as error:
            notices.append(Notice(row.number, error.code, error.message, lost=False))
            return None

    def _time(self, row: Row, notices: list[Notice]) -> Any:
        for value in self._cells(row, "time"):
            try:
                return dates.parse(value, day_first=self._day_first)
            except KindredError as error:
                notices.append(Notice(row.number, error.code, error.message, lost=False))
        return None

    def _language(self, row: Row, text: str | None) -> str | None:
        for value in self._cells(row, "language"):
            if code := languages.code_of(str(value)):
                return code
        return languages.identify(text) if text else None

    def _tags(self, row: Row) -> tuple[str, ...]:
        words: list[str] = []
        for value in self._cells(row, "tags"):
            if isinstance(value, str):
                text = value.strip()
                if text.startswith("["):
                    try:
                        value = json.loads(text.replace("'", '"'))
                    except (ValueError, RecursionError):
                        value = text.strip("[]")
                if isinstance(value, str):
                    several = _SPLIT.split(value) if _SPLIT.search(value) else value.split()
                    value = several
            words += [str(v) for v in value][:_TAGS] if isinstance(value, list | tuple) else []
        cleaned = (_label(word.strip().lstrip("#")) for word in words[: 2 * _TAGS])
        return tuple(dict.fromkeys(word for word in cleaned if word))[:_TAGS]


def _label(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict | bytes):
        return None
    text = clean_text(str(value)[: 10 * _NAME])
    return " ".join(text.split())[:_NAME] if text else None


def _joined(values: list[Any], between: str) -> str:
    return between.join(
        str(v).strip() for v in values if not isinstance(v, bytes | dict) and str(v).strip()
    )


def _unlike(values: list[Any]) -> list[Any]:
    """Without what another value says already: a title that a text begins with."""
    texts = [str(v).strip() for v in values]
    return [
        v
        for i, (v, t) in enumerate(zip(values, texts, strict=True))
        if not any(i != j and o.startswith(t) and (o != t or j < i) for j, o in enumerate(texts))
    ]
