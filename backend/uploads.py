"""Files that visitors gave, kept by the hash of their content.

A deep link names an upload by that key, so it still works after a reload; who
does not know the content cannot guess the key. The oldest go first when the
folder is full.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.media import read_media
from backend.posts import KindredError, Picture, Sound
from backend.settings import settings

KEY = re.compile(r"[0-9a-f]{40}")


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
        # Decoded media are large: keep the few that a page is showing.
        self._decode = lru_cache(maxsize=16)(self._read)

    def add(self, data: bytes) -> Upload:
        """Decode and keep one file.

        Parameters
        ----------
        data : bytes

        Returns
        -------
        Upload

        Raises
        ------
        KindredError
            When it is no image, sound or video that can be read; nothing is
            kept then.
        """
        key = hashlib.sha256(data).hexdigest()[:40]
        if (self.folder / key).is_file():
            os.utime(self.folder / key)
            return self._decode(key)
        image, audio = read_media(data)
        self._store(key, data)
        return Upload(key, image, audio)

    def keep(self, path: Path) -> str:
        """Keep a file that is known to be good, such as a shipped one, without decoding it.

        Returns
        -------
        str
            Its key.
        """
        data = path.read_bytes()
        key = hashlib.sha256(data).hexdigest()[:40]
        if not (self.folder / key).is_file():
            self._store(key, data)
        return key

    def _store(self, key: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(draft).replace(self.folder / key)
        except OSError as error:
            Path(draft).unlink(missing_ok=True)
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
        if not KEY.fullmatch(key) or not (self.folder / key).is_file():
            raise KindredError(
                "no_upload",
                "This link names an uploaded file that is no longer kept here. Upload it again.",
            )
        return self._decode(key)

    def path(self, key: str) -> Path:
        """Where the original bytes of an upload lie."""
        self.get(key)
        return self.folder / key

    def _read(self, key: str) -> Upload:
        image, audio = read_media(self.folder / key)
        return Upload(key, image, audio)

    def _make_room(self) -> None:
        files = sorted(
            ((p.stat().st_mtime, p.stat().st_size, p) for p in self.folder.iterdir()),
            key=lambda row: row[0],
        )
        spare = sum(size for _, size, _ in files) - settings().limits.upload_cache_bytes
        for _, size, path in files[:-1]:
            if spare <= 0:
                break
            path.unlink(missing_ok=True)
            spare -= size
