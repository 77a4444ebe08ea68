"""A process of the product alone that loads every network; prints its memory in GB.

    python -m bench.recognition_memory

It analyses a post of text, a picture with text and ten seconds of a voice, explains it, and
searches. `bench recognition` starts it.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np

import backend
from backend.domain import Content, Kind, Modality, Sound
from bench.recognition_samples import draw, sentences, speak


def main() -> None:
    """Print the memory after each step, and the most."""
    some = sentences()
    sound = speak(some[0], 0)
    sound = Sound(np.resize(sound.samples, 10 * sound.rate), sound.rate, 0.0, 10.0)
    workspace = backend.open_workspace()
    workspace.warm()
    while not workspace.ready:
        time.sleep(0.2)
    loaded = _resident()
    post = Content(some[1].text, draw(some[2].text, "meme", 2), sound)
    workspace.analyse(post)
    assert all(workspace.readings(post)[m].text for m in (Modality.IMAGE, Modality.AUDIO))
    analysed = _resident()
    workspace.explain(post)
    workspace.search("sea", [Kind.POST, Kind.USER, Kind.WORD])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{most:.2f} (loaded {loaded:.2f}, after a post with everything {analysed:.2f})")


def _resident() -> float:
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1e6


if __name__ == "__main__":
    main()
