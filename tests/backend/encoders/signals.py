"""The signal whose features the original code computed; see reference.json."""

from __future__ import annotations

import numpy as np


def reference(rate: int, seconds: float) -> np.ndarray:
    """A plucked chord and short sweeps."""
    t = np.arange(int(rate * seconds)) / rate
    chord = (220.0, 277.2, 329.6, 440.0, 659.3, 1320.0)
    tones = sum(np.sin(2 * np.pi * f * t) / (k + 1) for k, f in enumerate(chord))
    sweep = np.sin(9000 * t * t) * (t % 0.5 < 0.05)
    return (0.25 * tones * np.exp(-2 * (t % 1)) + 0.2 * sweep).astype(np.float32)
