"""Files that visitors gave, kept under a key that only they know.

The key is a hash of the content and of a secret of the visitor's session, so
that a deep link works after a reload, yet nobody can find out whether somebody
else has uploaded a file that they know. The oldest go first when there is no
room. In a demo nothing is written: the bytes stay in memory, within a limit
for each visitor.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from backend.core.files import write_atomically
from backend.core.lru import LRU
from backend.domain import Content, KindredError, Picture, Sound
from backend.media import read_media
from backend.settings import settings

KEY = re.compile(r"[0-9a-f]{40}")
DECODED_BYTES = 256 * 2**20  # of decoded media kept: those that pages are showing


def key_of(data: bytes, owner: str = "") -> str:
    """The key of a file; another for each owner, the plain hash for nobody."""
    if not owner:
        return hashlib.sha256(data).hexdigest()[:40]
    return hashlib.blake2b(data, key=owner.encode()[:64], digest_size=20).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A decoded upload.

    Attributes
    ----------
    key : str
        40 hex digits, the same for the same content.
    image : Picture or None
    audio : Sound or None
        A video gives both.
    """

    key: str
    image: Picture | None
    audio: Sound | None


class Uploads:
    """The folder of uploads.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._decoded: LRU[str, Upload] = LRU(max_bytes=DECODED_BYTES, size_of=_size)
        self._held: OrderedDict[str, tuple[str, bytes]] = OrderedDict()  # in a demo
        self._shipped: dict[str, Path] = {}

    def add(self, data: bytes, owner: str = "") -> Upload:
        """Decode and keep one file.

        Parameters
        ----------
        data : bytes
        owner : str
            The secret of the visitor's session.

        Returns
        -------
        Upload

        Raises
        ------
        KindredError
            When it is no image, sound or video that can be read; nothing is
            kept then.
        """
        key = key_of(data, owner)
        if settings().demo:
            image, audio = read_media(data)
            self._hold(key, owner, data)
            return self._remember(Upload(key, image, audio))
        with self._lock:  # nobody makes room meanwhile, and later this one is the newest
            there = _touched(self.folder / key)
        if there:
            try:
                return self.get(key)
            except KindredError as error:
                if error.code != "no_upload":
                    raise
                # Another process has made room since: written again below.
        image, audio = read_media(data)
        self._store(key, data)
        return self._remember(Upload(key, image, audio))

    def _hold(self, key: str, owner: str, data: bytes) -> None:
        """Keep bytes in memory, and no more of one visitor than the limit."""
        limits = settings().limits
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = (owner, data)
            for mine, limit in ((True, limits.session_bytes), (False, limits.upload_cache_bytes)):
                of = [k for k, (who, _) in self._held.items() if who == owner or not mine]
                over = sum(len(self._held[k][1]) for k in of) - limit
                for old in of[:-1]:
                    if over <= 0:
                        break
                    over -= len(self._held.pop(old)[1])
                    self._decoded.pop(old)

    def _remember(self, upload: Upload) -> Upload:
        """Keep what was decoded for a while: a page asks for it several times."""
        self._decoded.put(upload.key, upload)
        return upload

    def keep(self, path: Path) -> str:
        """Keep a file that is known to be good, such as a shipped one, without decoding it.

        Returns
        -------
        str
            Its key.
        """
        key = key_of(path.read_bytes())
        self._shipped[key] = path  # stays where it is: no room to make, nothing to lose
        return key

    def _store(self, key: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            write_atomically(self.folder / key, data, private=True)
        except OSError as error:
            raise KindredError(
                "not_stored", f"The upload could not be stored: {error.strerror}."
            ) from error
        self._make_room()

    def get(self, key: str) -> Upload:
        """An upload by its key.

        Raises
        ------
        KindredError
            ``no_upload`` when it is not there (any more).
        """
        data = None
        if KEY.fullmatch(key):
            with self._lock:
                if decoded := self._decoded.get(key):
                    return decoded
                held = self._held.get(key)
            data = held[1] if held else self._read(self._shipped.get(key, self.folder / key))
        if data is None:
            raise KindredError(
                "no_upload",
                "This link names an uploaded file that is no longer kept here. Upload it again.",
            )
        return self._remember(Upload(key, *read_media(data)))

    def _read(self, path: Path) -> bytes | None:
        """The bytes of a kept file; None when it is gone, be it only just now."""
        if path.parent == self.folder and not _touched(path):
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _make_room(self) -> None:
        with self._lock:  # two that make room at once would each stat what the other deletes
            files = sorted(
                (
                    (p.stat().st_mtime, p.stat().st_size, p)
                    for p in self.folder.iterdir()
                    if KEY.fullmatch(p.name)  # not the draft that somebody is writing
                ),
                key=lambda row: row[0],
            )
            spare = sum(size for _, size, _ in files) - settings().limits.upload_cache_bytes
            for _, size, path in files[:-1]:
                if spare <= 0:
                    break
                path.unlink(missing_ok=True)
                spare -= size


def _touched(path: Path) -> bool:
    """Whether a file is there; what is looked at goes last when room is made."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _size(upload: Upload) -> int:
    return Content(image=upload.image, audio=upload.audio).nbytes
