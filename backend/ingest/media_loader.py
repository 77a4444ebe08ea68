"""Read, decode and store the media of drafts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.core.files import write_atomically
from backend.domain import Content, KindredError, Picture, Sound
from backend.ingest.download import fetch
from backend.ingest.drafts import Draft, MediaRef, Notice
from backend.ingest.existing import ExistingPosts
from backend.ingest.readers.file_tree import Tree
from backend.media import read_untrusted, write_jpeg, write_ogg

SIDE = 512  # pixels of the longer side of a stored image
SOUND_EFFORT = 1  # takes half the time of 10 at the quality of 3


@dataclass(frozen=True, slots=True, eq=False)
class LoadedDraft:
    """A draft with its media decoded and stored.

    Attributes
    ----------
    draft : Draft
    fingerprint : str
        Hash of the row and of the bytes of its media.
    content : Content or None
        None when nothing of it can be used, or it is unchanged.
    image, audio : str or None
        Names of the stored files.
    notices : tuple of Notice
    unchanged : bool
        Whether the corpus already has the same post.
    """

    draft: Draft
    fingerprint: str
    content: Content | None = None
    image: str | None = None
    audio: str | None = None
    notices: tuple[Notice, ...] = ()
    unchanged: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class GatheredDraft:
    """A draft with the bytes of its media.

    Attributes
    ----------
    draft : Draft
    fingerprint : str
        As in `LoadedDraft`.
    media : mapping of str to (bytes, str)
        Bytes and their digest, for ``image`` and ``audio``.
    notices : tuple of Notice
    unchanged : bool
        Whether the corpus already has the same post; `media` is then empty.
    """

    draft: Draft
    fingerprint: str
    media: Mapping[str, tuple[bytes, str]]
    notices: tuple[Notice, ...] = ()
    unchanged: bool = False


def media_bytes(medium: MediaRef, tree: Tree, cache: Path | None = None) -> bytes:
    """Return the bytes of an image or a sound.

    Parameters
    ----------
    medium : MediaRef
    tree : Tree
    cache : pathlib.Path, optional
        Folder for downloads; without it nothing is downloaded.

    Raises
    ------
    KindredError
        Where it cannot be read or downloaded.
    """
    if medium.data:
        return medium.data
    if medium.name:
        return tree.read(medium.name)
    if cache is None:
        return b""
    cached = cache / hashlib.sha256(medium.url.encode()).hexdigest()[:40]
    if cached.is_file():
        return cached.read_bytes()
    data = fetch(medium.url)
    cache.mkdir(parents=True, exist_ok=True)
    write_atomically(cached, data)
    return data


def fingerprint(draft: Draft, digests: list[str]) -> str:
    """Hash the row and the digests of its media."""
    return hashlib.sha256(" ".join([draft.fingerprint(), *digests]).encode()).hexdigest()[:32]


def load(draft: Draft, tree: Tree, folder: Path, known: ExistingPosts) -> LoadedDraft:
    """Read, decode and store the media of a draft: `gather`, then `decode`."""
    return decode(gather(draft, tree, folder, known), folder)


def gather(draft: Draft, tree: Tree, folder: Path, known: ExistingPosts) -> GatheredDraft:
    """Read the bytes of a draft's media; nothing after this needs the source.

    Parameters
    ----------
    draft : Draft
    tree : Tree
    folder : pathlib.Path
        Of the import; downloads are kept in its ``fetched``.
    known : ExistingPosts
        Posts that the corpus already has.
    """
    notices = list(draft.notices)
    media: dict[str, tuple[bytes, str]] = {}
    unreachable = any(notice.code == "not_fetched" for notice in notices)
    for kind in ("image", "audio"):
        medium: MediaRef | None = getattr(draft, kind)
        if medium is None:
            continue
        try:
            data = media_bytes(medium, tree, folder / "fetched")
            media[kind] = data, hashlib.sha256(data).hexdigest()[:32]
        except KindredError as error:
            notices.append(media_notice(draft, medium, error))
            unreachable |= bool(medium.url)
    if unreachable and known.has_media(draft.post.id):
        # Keep a post whose media were downloaded before and cannot be reached now.
        message = "Its media could not be downloaded, so the post stays as it was imported before."
        notices.append(Notice(draft.number, "kept", message, skips_row=False))
        return GatheredDraft(draft, fingerprint(draft, []), {}, tuple(notices), unchanged=True)
    fingerprint_ = fingerprint(draft, [digest for _, digest in media.values()])
    unchanged = known.state(draft.post.id, fingerprint_) == "same"
    return GatheredDraft(draft, fingerprint_, {} if unchanged else media, tuple(notices), unchanged)


def decode(gathered: GatheredDraft, folder: Path) -> LoadedDraft:
    """Decode and store the media of a draft.

    Parameters
    ----------
    gathered : GatheredDraft
    folder : pathlib.Path
        Media are stored in its ``media``, named by the hash of their content.

    Returns
    -------
    LoadedDraft
        Damaged media become notices.

    Raises
    ------
    OSError
        When the disk is full.
    """
    draft, fingerprint_, media = gathered.draft, gathered.fingerprint, gathered.media
    notices = list(gathered.notices)
    if gathered.unchanged:
        return LoadedDraft(draft, fingerprint_, notices=tuple(notices), unchanged=True)
    picture: Picture | None = None
    sound: Sound | None = None
    names: dict[str, str] = {}
    for kind, (data, digest) in media.items():
        try:
            image, audio = read_untrusted(data)
        except KindredError as error:
            notices.append(media_notice(draft, getattr(draft, kind), error))
            continue
        # Whatever its column is called, a file is what it holds; of a film for the ear, the sound.
        if image is not None and picture is None and (kind == "image" or audio is None):
            picture, names["image"] = image, f"{digest[:2]}/{digest}.jpg"
        if audio is not None and (sound is None or kind == "audio"):
            sound, names["audio"] = audio, f"{digest[:2]}/{digest}.ogg"
    content = Content(
        text=draft.post.text, image=picture, audio=sound, language=draft.post.language
    )
    if not content.modalities:
        return LoadedDraft(draft, fingerprint_, notices=tuple(notices))
    if picture is not None:
        _store(folder, names["image"], lambda path: write_jpeg(picture, path, SIDE))
    if sound is not None:
        _store(folder, names["audio"], lambda path: write_ogg(sound, path, effort=SOUND_EFFORT))
    return LoadedDraft(
        draft, fingerprint_, content, names.get("image"), names.get("audio"), tuple(notices)
    )


def media_notice(draft: Draft, medium: MediaRef, error: KindredError) -> Notice:
    """Return the notice of a medium that cannot be used; the row still gives a post."""
    message = error.message
    if medium.label not in message:
        message = f"{medium.label}: {message}"
    return Notice(draft.number, error.code, message, skips_row=False)


def _store(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    path = folder / "media" / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
