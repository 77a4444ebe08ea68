"""Find media files of a corpus, never outside its folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backend.domain import KindredError


def checked_path(relative: str) -> PurePosixPath:
    """Return a relative path after checking that it stays inside its folder.

    Raises
    ------
    KindredError
        ``bad_media_path`` for absolute paths, ``..``, control characters and
        backslashes.
    """
    path = PurePosixPath(relative)
    parts = relative.split("/")
    if (
        not relative
        or path.is_absolute()
        or any(part in ("", ".", "..") for part in parts)
        or any(ord(c) < 32 or c == "\\" for c in relative)
    ):
        raise KindredError(
            "bad_media_path", f"{relative[:80]!r} is not a path inside a media folder."
        )
    return path


@dataclass(frozen=True, slots=True)
class MediaFolders:
    """Folders that are searched for a media file, in this order.

    Attributes
    ----------
    roots : tuple of pathlib.Path
        The first is the corpus's own, and the only one that is written to.
    """

    roots: tuple[Path, ...]

    def find(self, relative: str) -> Path:
        """Return the file that a post's ``image`` or ``audio`` names.

        Raises
        ------
        KindredError
            ``bad_media_path`` for a path or link out of the folders; ``no_media``
            when there is no such file.
        """
        path = checked_path(relative)
        for root in self.roots:
            file = root / path
            if file.is_file():
                if not file.resolve().is_relative_to(root.resolve()):
                    raise KindredError(
                        "bad_media_path", f"{relative!r} leads out of the media folder."
                    )
                return file
        raise KindredError("no_media", f"The corpus has no media file {relative!r}.")

    def new(self, relative: str) -> Path:
        """Return where to write a new media file of the corpus.

        Returns
        -------
        pathlib.Path
            Its folder exists.

        Raises
        ------
        KindredError
            ``bad_media_path``; ``no_media_folder`` for a corpus whose media
            cannot be written here; ``media_exists`` when the name is taken.
        """
        path = checked_path(relative)
        if not self.roots:
            raise KindredError(
                "no_media_folder",
                "Single media files cannot be added to a corpus on object storage; import them.",
            )
        file = self.roots[0] / path
        if any((root / path).exists() for root in self.roots):
            raise KindredError("media_exists", f"The corpus already has a media file {relative!r}.")
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.parent.resolve().is_relative_to(self.roots[0].resolve()):
            raise KindredError("bad_media_path", f"{relative!r} leads out of the media folder.")
        return file
