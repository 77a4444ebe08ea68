"""UMAP, with what Numba compiles for it kept on disk.

Otherwise every process compiles for half a minute before its first layout. fast-hdbscan
keeps what it compiles by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def import_umap() -> Any:
    """Import and return `umap`: seconds, or half a minute the first time on a machine."""
    with _cached_by_default():
        import umap
    return umap


def is_compiled() -> bool:
    """Whether Numba compiled it on this machine before, where it keeps that next to the sources."""
    spec = find_spec("umap")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    return any((folder / "__pycache__").glob("*.nbi"))


@contextmanager
def _cached_by_default() -> Iterator[None]:
    """Let Numba cache functions whose decorator does not say whether it should."""
    import numba

    plain = numba.njit

    def njit(*args: Any, **options: Any) -> Any:
        return plain(*args, **{"cache": True, **options})

    numba.njit = njit
    try:
        yield
    finally:
        numba.njit = plain
