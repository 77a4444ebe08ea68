"""Requests of several visitors at the same time: in batches, or one by one.

    python -m bench.batching [--callers 8] [--seconds 4]

Each caller encodes one item after another. "One by one" is the same encoder with a
scheduler that never puts the requests of two callers into one batch.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backend import encoders
from backend.core.scheduler import FairScheduler
from backend.core.threads import threads
from backend.core.visitors import as_visitor
from backend.domain import Picture, Sound
from backend.encoders import base
from backend.encoders.base import Encoder

RNG = np.random.default_rng(0)
ITEMS: dict[str, Callable[[int], Any]] = {
    "multilingual-e5-small": lambda i: f"Number {i}: the storm kept us inside, and we baked bread.",
    "efficientnet-lite0": lambda i: Picture((RNG.integers(0, 256, (480, 640, 3), dtype=np.uint8),)),
    "aisfx+musicnn": lambda i: Sound(RNG.normal(size=441_000).astype(np.float32) * 0.1, 44_100),
}


class Unbatched(FairScheduler):
    """A scheduler that runs every request by itself."""

    def _along(self, first: Any, most: int) -> list[Any]:
        return []


def measure(encoder: Encoder, items: list[Any], seconds: float) -> tuple[float, float]:
    """Return items per second of all callers, and the median seconds that a caller waits."""
    end = time.perf_counter() + seconds
    waits: list[float] = []

    def call(number: int) -> None:
        with as_visitor(f"visitor {number}"):
            while (begin := time.perf_counter()) < end:
                encoder.encode([items[number]])
                waits.append(time.perf_counter() - begin)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(len(items))]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(waits) / (time.perf_counter() - begin), statistics.median(waits)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4)
    args = parser.parse_args()
    print(f"{args.callers} callers, {threads()} threads\n")
    print("| encoder | one by one, items/s | ms | in batches, items/s | ms | gain |")
    print("|---|---|---|---|---|---|")
    for name, make in ITEMS.items():
        encoder = encoders.get(name)
        items = [make(i) for i in range(args.callers)]
        encoder.encode(items)
        results: dict[type[FairScheduler], list[tuple[float, float]]] = {
            Unbatched: [],
            FairScheduler: [],
        }
        for _ in range(2):
            for scheduler in results:
                base.ENCODER_SCHEDULER = scheduler(0)
                results[scheduler].append(measure(encoder, items, args.seconds / 2))
        (unbatched, unbatched_wait), (batched, batched_wait) = (
            np.mean(results[scheduler], axis=0) for scheduler in results
        )
        print(
            f"| {name} | {unbatched:.1f} | {1e3 * unbatched_wait:.0f} "
            f"| {batched:.1f} | {1e3 * batched_wait:.0f} "
            f"| {batched / unbatched:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
