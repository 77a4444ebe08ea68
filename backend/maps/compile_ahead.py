"""Compile what maps need: ``python -m backend.maps.compile_ahead``.

It takes a minute of a core and is done beside the installation; otherwise the first map waits.
"""

from __future__ import annotations

import numpy as np

from backend.core.vectors import normalize
from backend.maps import clusters, layout


def compile_ahead() -> None:
    """Lay out and cluster some random vectors; what Numba compiles for it is kept on disk."""
    vectors = normalize(np.random.default_rng(0).normal(size=(300, 32)).astype(np.float32))
    clusters.cluster(layout.lay_out(vectors))


if __name__ == "__main__":
    compile_ahead()
