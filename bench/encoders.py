"""Items per second of each shipped encoder, against its network alone.

    python -m bench encoders [--seconds 5] [--json]

The bare figure is the network alone on inputs that are ready in memory; the difference
is the cost of decoding, resizing, resampling and spectrograms. Items:
a sentence of 15 words, a picture of 640 x 480, a sound of 10 s.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable

import numpy as np

from backend import encoders
from backend.core import device
from backend.core.threads import threads
from backend.domain import Picture, Sound
from backend.encoders import lexicons

TEXTS = [f"Number {i}: the storm kept us inside all day, and we baked bread." for i in range(16)]
RNG = np.random.default_rng(0)


def rate(work: Callable[[], object], items: int, seconds: float) -> float:
    """Return items per second, after one call to warm up."""
    work()
    start, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < seconds:
        work()
        done += items
    return done / spent


def pictures(count: int, height: int, width: int) -> list[Picture]:
    return [
        Picture((RNG.integers(0, 256, (height, width, 3), dtype=np.uint8),)) for _ in range(count)
    ]


def text(seconds: float) -> tuple[float, float]:
    encoder = encoders.get("multilingual-e5-small")
    bare = encoder._engine.query  # type: ignore[attr-defined]
    return rate(lambda: encoder.encode(TEXTS), 16, seconds), rate(lambda: bare(TEXTS), 16, seconds)


def image(seconds: float) -> tuple[float, float]:
    import torch

    encoder = encoders.get("efficientnet-lite0")
    items = pictures(8, 480, 640)
    where = device.resolve().name
    batch = torch.rand(8, 3, 224, 224, device=where).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        bare = rate(lambda: encoder._net(batch).cpu(), 8, seconds)  # type: ignore[attr-defined]
    return rate(lambda: encoder.encode(items), 8, seconds), bare


def audio(seconds: float) -> tuple[float, float]:
    import torch

    encoder = encoders.get("aisfx+musicnn")
    item = Sound(RNG.normal(size=441_000).astype(np.float32) * 0.1, 44_100)
    where = device.resolve().name
    nets = [part._net for part in encoder._both]  # type: ignore[attr-defined]
    ready = [torch.rand(1, 1, frames, 96, device=where) for frames in (431, 626)]

    def bare() -> None:
        for net, spectrogram in zip(nets, ready, strict=True):
            net(spectrogram).cpu()

    with torch.inference_mode():
        bare_rate = rate(bare, 1, seconds)
    return rate(lambda: encoder.encode([item]), 1, seconds), bare_rate


def words(name: str) -> Callable[[float], tuple[float, float]]:
    function = getattr(lexicons, name)
    return lambda seconds: (rate(lambda: function(TEXTS), 16, seconds), float("nan"))


BENCHES: dict[str, Callable[[float], tuple[float, float]]] = {
    "multilingual-e5-small": text,
    "nade": words("nade"),
    "vader": words("vader"),
    "efficientnet-lite0": image,
    "aisfx+musicnn": audio,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="seconds per measurement")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for name, bench in BENCHES.items():
        start = time.perf_counter()
        bench(0)
        load = time.perf_counter() - start
        ours, bare = bench(args.seconds)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            {"encoder": name, "items_s": ours, "bare_s": bare, "first_s": load, "peak_mb": memory}
        )
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    chosen = device.resolve()
    print(f"{chosen.name} ({chosen.reason}) {threads()} threads\n")
    print(f"{'encoder':<24}{'items/s':>9}{'bare':>9}{'ratio':>7}{'first s':>9}{'peak MB':>9}")
    for row in rows:
        ratio = row["items_s"] / row["bare_s"]
        print(
            f"{row['encoder']:<24}{row['items_s']:>9.1f}{row['bare_s']:>9.1f}{ratio:>7.2f}"
            f"{row['first_s']:>9.1f}{row['peak_mb']:>9.0f}"
        )


if __name__ == "__main__":
    main()
