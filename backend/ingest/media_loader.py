"""The media of a draft: their bytes, within the limits, and what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.domain import Content, KindredError, Picture, Sound
from backend.ingest.download import fetch
from backend.ingest.drafts import Draft, Medium, Notice
from backend.ingest.existing import ExistingPosts
from backend.ingest.readers.file_tree import Tree
from backend.media import read_media, write_jpeg, write_ogg, write_whole

SIDE = 512  # pixels of what a corpus keeps of an image
SOUND_EFFORT = 1  # half the time of 10, and sounds as 3 does

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A draft with its media decoded, or why it gives no post.

    Attributes
    ----------
    draft : Draft
    fingerprint : str
        Of what the row says and of the bytes of its media.
    content : Content or None
        None when nothing of it can be used, or it need not be read again.
    image, audio : str or None
        Names of the stored media.
    notices : tuple of Notice
    same : bool
        Whether the corpus has it like this already.
    """

    draft: Draft
    fingerprint: str
    content: Content | None = None
    image: str | None = None
    audio: str | None = None
    notices: tuple[Notice, ...] = ()
    same: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MediaBatch:
    """A draft with the bytes of its media.

    Attributes
    ----------
    draft : Draft
    fingerprint : str
        As of `Loaded`.
    found : mapping of str to (bytes, str)
        Bytes and their digest, by ``image`` and ``audio``.
    notices : tuple of Notice
    same : bool
        Whether the corpus has it like this already; the bytes are then left out.
    """

    draft: Draft
    fingerprint: str
    found: Mapping[str, tuple[bytes, str]]
    notices: tuple[Notice, ...] = ()
    same: bool = False


def bytes_of(medium: Medium, tree: Tree, cache: Path | None = None) -> bytes:
    """The bytes of a medium.

    Parameters
    ----------
    medium : Medium
    tree : Tree
    cache : pathlib.Path, optional
        Folder where what was fetched is kept; without it nothing is fetched.

    Raises
    ------
    KindredError
        Of reading or fetching it.
    """
    if medium.data:
        return medium.data
    if medium.name:
        return tree.read(medium.name)
    if cache is None:
        return b""
    kept = cache / hashlib.sha256(medium.url.encode()).hexdigest()[:40]
    if kept.is_file():
        return kept.read_bytes()
    data = fetch(medium.url)
    cache.mkdir(parents=True, exist_ok=True)
    write_whole(kept, data)
    return data


def fingerprint(draft: Draft, digests: list[str]) -> str:
    """A hash of all that makes a post."""
    return hashlib.sha256(" ".join([draft.fingerprint(), *digests]).encode()).hexdigest()[:32]


def load(
    draft: Draft,
    tree: Tree,
    folder: Path,
    known: ExistingPosts,
) -> Loaded:
    """Read, decode and store the media of a draft: `gather`, then `decode`."""
    return decode(gather(draft, tree, folder, known), folder)


def gather(
    draft: Draft,
    tree: Tree,
    folder: Path,
    known: ExistingPosts,
) -> MediaBatch:
    """Read the bytes of a draft's media, which is all that needs its source.

    Parameters
    ----------
    draft : Draft
    tree : Tree
    folder : pathlib.Path
        Of the import; what was fetched is kept in ``fetched``.
    known : ExistingPosts
        What the corpus has.
    """
    notices = list(draft.notices)
    found: dict[str, tuple[bytes, str]] = {}
    out_of_reach = any(notice.code == "not_fetched" for notice in notices)
    for kind in ("image", "audio"):
        medium: Medium | None = getattr(draft, kind)
        if medium is None:
            continue
        try:
            data = bytes_of(medium, tree, folder / "fetched")
            found[kind] = data, hashlib.sha256(data).hexdigest()[:32]
        except KindredError as error:
            notices.append(_notice(draft, medium, error))
            out_of_reach |= bool(medium.url)
    if out_of_reach and known.has_media(draft.post.id):
        # What was fetched once may be out of reach now: here it must not go for that.
        said = "Its media were not fetched, so the post stays as it was imported before."
        notices.append(Notice(draft.number, "kept", said, lost=False))
        return MediaBatch(draft, fingerprint(draft, []), {}, tuple(notices), same=True)
    print_ = fingerprint(draft, [digest for _, digest in found.values()])
    same = known.same(draft.post.id, print_)
    return MediaBatch(draft, print_, {} if same else found, tuple(notices), same)


def decode(gathered: MediaBatch, folder: Path) -> Loaded:
    """Decode and store the media of a draft.

    Parameters
    ----------
    gathered : MediaBatch
    folder : pathlib.Path
        Media are stored in its ``media``, named by their content.

    Returns
    -------
    Loaded
        Never raises for what the media hold.

    Raises
    ------
    OSError
        When the disk is full.
    """
    draft, print_, found = gathered.draft, gathered.fingerprint, gathered.found
    notices = list(gathered.notices)
    if gathered.same:
        return Loaded(draft, print_, notices=tuple(notices), same=True)
    picture: Picture | None = None
    sound: Sound | None = None
    names: dict[str, str] = {}
    for kind, (data, digest) in found.items():
        try:
            image, audio = read_media(data)
            if kind == "image" and image is None:
                raise KindredError("not_an_image", "It is a sound, not an image.")
            if kind == "audio" and audio is None:
                raise KindredError("no_sound", "There is no sound in it.")
        except KindredError as error:
            notices.append(_notice(draft, getattr(draft, kind), error))
            continue
        if kind == "image" and image is not None:
            picture, names["image"] = image, f"{digest[:2]}/{digest}.jpg"
        if audio is not None and (sound is None or kind == "audio"):
            sound, names["audio"] = audio, f"{digest[:2]}/{digest}.ogg"
    content = Content(text=draft.post.text, image=picture, audio=sound)
    if not content.modalities:
        return Loaded(draft, print_, notices=tuple(notices))
    if picture is not None:
        _store(folder, names["image"], lambda path: write_jpeg(picture, path, SIDE))
    if sound is not None:
        _store(folder, names["audio"], lambda path: write_ogg(sound, path, effort=SOUND_EFFORT))
    return Loaded(draft, print_, content, names.get("image"), names.get("audio"), tuple(notices))


def _notice(draft: Draft, medium: Medium, error: KindredError) -> Notice:
    said = error.message
    if medium.shown not in said:
        said = f"{medium.shown}: {said}"
    return Notice(draft.number, error.code, said, lost=False)


def _store(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    path = folder / "media" / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
