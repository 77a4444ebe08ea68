"""Read a path or an upload into bytes, within the byte limit."""

from __future__ import annotations

from pathlib import Path

from backend.media.errors import MediaError, in_units
from backend.media.sniff import Format, sniff
from backend.settings import Limits, settings


def limits_or_default(limits: Limits | None) -> Limits:
    """Return `limits`, or those of the settings when None."""
    return settings().limits if limits is None else limits


def load_sniffed(source: Path | bytes, limits: Limits | None) -> tuple[bytes, Format, Limits]:
    """Load a source and recognise its format; return the limits that apply, too."""
    limits = limits_or_default(limits)
    data = load(source, limits)
    return data, sniff(data), limits


def load(source: Path | bytes, limits: Limits) -> bytes:
    """Read a source whole and once, so that it cannot change between checks and decoding.

    Parameters
    ----------
    source : pathlib.Path or bytes
        A regular file, or what was uploaded.
    limits : Limits
        ``file_bytes`` is the limit.

    Raises
    ------
    MediaError
        ``not_found``, ``unreadable``, ``empty``, ``too_large``.
    """
    if isinstance(source, Path):
        # A pipe or a device could block or never end: regular files only.
        if not source.is_file():
            raise MediaError("not_found", "There is no such file; check the path.")
        try:
            size = source.stat().st_size
            with source.open("rb") as file:
                data = b"" if size > limits.file_bytes else file.read(limits.file_bytes + 1)
        except OSError as error:
            raise MediaError(
                "unreadable", "The file cannot be read; check its permissions."
            ) from error
        size = max(size, len(data))
    else:
        size = len(source)
        data = bytes(source) if size <= limits.file_bytes else b""
    if size > limits.file_bytes:
        raise MediaError(
            "too_large",
            f"The file is {in_units(size)} and the limit is {in_units(limits.file_bytes)};"
            " make it smaller or shorter.",
        )
    if not data:
        raise MediaError("empty", "The file is empty; export or download it again.")
    return data
