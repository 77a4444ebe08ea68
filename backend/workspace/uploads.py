"""Files that visitors upload as queries, stored under keys that only they know.

A key is a hash of the content and of a secret of the visitor's session, so that a deep link
works after a reload, yet nobody can find out whether somebody else has uploaded a known file.
The oldest files are deleted when the space is used up. A demo writes nothing: the bytes stay
in memory, within a limit per visitor.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from backend.core.files import storing, write_atomically
from backend.core.lru import LRU
from backend.domain import Content, KindredError, Modality, Picture, Sound
from backend.media import read_untrusted
from backend.media.sniff import MP4, OGV, WEBM, sniff
from backend.settings import settings

KEY = re.compile(r"[0-9a-f]{40}")
THIS_PROCESS = secrets.token_hex(16)  # owner of files from the command line and over HTTP
VIDEOS = {MP4.name: "video/mp4", WEBM.name: "video/webm", OGV.name: "video/ogg"}
DECODED_BYTES = 256 * 2**20  # of decoded media in memory, enough for those that pages show


def key_of(data: bytes, *, owner: str) -> str:
    """Return the key of a file, which depends on its owner."""
    return hashlib.blake2b(data, key=owner.encode()[:64], digest_size=20).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A decoded upload.

    Attributes
    ----------
    key : str
        40 hex digits, see `key_of`.
    image : Picture or None
    audio : Sound or None
        A video has both.
    """

    key: str
    image: Picture | None
    audio: Sound | None

    def only(self, modality: Modality) -> Content:
        """Return its image or its sound as content, or raise ``wrong_modality``."""
        content = Content(image=self.image, audio=self.audio)
        if modality not in content.modalities:
            message = f"The upload has no {modality}; choose another file."
            raise KindredError("wrong_modality", message)
        return content.only((modality,))


class Uploads:
    """A folder of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._decoded: LRU[str, Upload] = LRU(max_bytes=DECODED_BYTES, size_of=_size)
        # Of a demo: owner and content by key.
        self._in_memory: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._shipped: dict[str, Path] = {}

    def add(self, data: bytes, *, owner: str) -> Upload:
        """Decode and store a file.

        Parameters
        ----------
        data : bytes
        owner : str
            The secret of the visitor's session, or `THIS_PROCESS`; not empty.

        Raises
        ------
        KindredError
            When it is not a readable image, sound or video; nothing is stored then.
        """
        if not owner:
            raise ValueError("without a secret anybody could guess the key")
        key = key_of(data, owner=owner)
        if settings().demo:
            image, audio = read_untrusted(data)
            self._store_in_memory(key, owner, data)
            return self._remember(Upload(key, image, audio))
        with self._lock:  # so that nothing deletes it before it is the newest file
            stored = _touched(self.folder / key)
        if stored:
            try:
                return self.get(key)
            except KindredError as error:
                if error.code != "no_upload":
                    raise
                # Another process has deleted it since: store it again.
        image, audio = read_untrusted(data)
        self._store(key, data)
        return self._remember(Upload(key, image, audio))

    def _store_in_memory(self, key: str, owner: str, data: bytes) -> None:
        """Store bytes in memory, up to the limits of one visitor and of all."""
        limits = settings().limits
        with self._lock:
            self._in_memory.pop(key, None)
            self._in_memory[key] = (owner, data)
            everyone = {who for who, _ in self._in_memory.values()}
            for owners, limit in (
                ({owner}, limits.session_bytes),
                (everyone, limits.upload_cache_bytes),
            ):
                keys = [k for k, (who, _) in self._in_memory.items() if who in owners]
                excess = sum(len(self._in_memory[k][1]) for k in keys) - limit
                for old in keys[:-1]:
                    if excess <= 0:
                        break
                    excess -= len(self._in_memory.pop(old)[1])
                    self._decoded.pop(old)

    def _remember(self, upload: Upload) -> Upload:
        """Keep decoded media in memory for a while: a page needs them several times."""
        self._decoded.put(upload.key, upload)
        return upload

    def keep(self, path: Path) -> str:
        """Register a valid file, such as a shipped one, without copying or decoding it.

        Returns
        -------
        str
            Its key.
        """
        # A plain hash: everybody may know that this file is here.
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:40]
        self._shipped[key] = path  # not copied, so it needs no space and is never deleted
        return key

    def _store(self, key: str, data: bytes) -> None:
        with storing("The upload was not stored"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / key, data, private=True)
        self._make_room()

    def get(self, key: str) -> Upload:
        """Return an upload by its key.

        Raises
        ------
        KindredError
            ``no_upload`` when it was never stored, or was deleted.
        """
        with self._lock:
            if decoded := self._decoded.get(key):
                return decoded
        return self._remember(Upload(key, *read_untrusted(self._bytes(key))))

    def video(self, key: str) -> tuple[bytes, str] | None:
        """Return the bytes and the media type of a video that browsers play; else None.

        Raises
        ------
        KindredError
            As `get`.
        """
        data = self._bytes(key)
        media_type = VIDEOS.get(sniff(data).name)
        return (data, media_type) if media_type else None

    def _bytes(self, key: str) -> bytes:
        """Return a stored file, or raise ``no_upload``."""
        data = None
        if KEY.fullmatch(key):
            with self._lock:
                _, data = self._in_memory.get(key, ("", None))
            if data is None:
                data = self._read(self._shipped.get(key, self.folder / key))
        if data is None:
            raise KindredError(
                "no_upload",
                "This link refers to an uploaded file that is no longer stored. Upload it again.",
            )
        return data

    def _read(self, path: Path) -> bytes | None:
        """Return the bytes of a stored file; None when it does not exist (any more)."""
        if path.parent == self.folder and not _touched(path):
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _make_room(self) -> None:
        with self._lock:  # two threads at once would each stat files that the other deletes
            # Names of temporary files are no keys.
            files = [(p.stat(), p) for p in self.folder.iterdir() if KEY.fullmatch(p.name)]
            files.sort(key=lambda row: row[0].st_mtime)
            excess = sum(s.st_size for s, _ in files) - settings().limits.upload_cache_bytes
            for status, path in files[:-1]:
                if excess <= 0:
                    break
                path.unlink(missing_ok=True)
                excess -= status.st_size


def _touched(path: Path) -> bool:
    """Mark a file as just used, and return whether it exists."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _size(upload: Upload) -> int:
    return Content(image=upload.image, audio=upload.audio).nbytes
